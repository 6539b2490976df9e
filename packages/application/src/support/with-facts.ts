import type { Attempt } from '@hodei/domain';

import type { DiagnosticFacts, Diagnostics } from './diagnostics.ts';
import type { JobContext } from './job-context.ts';

/** The same diagnostics, and everything that is reported carries these facts as well. */
export function withFacts(diagnostics: Diagnostics, facts: DiagnosticFacts): Diagnostics {
  return {
    info: (message, more) => diagnostics.info(message, { ...facts, ...more }),
    warn: (message, more) => diagnostics.warn(message, { ...facts, ...more }),
    error: (message, more) => diagnostics.error(message, { ...facts, ...more }),
  };
}

/** The context of one attempt: whatever is reported about it says of which job, attempt and worker. */
export const aboutAttempt = (
  context: JobContext,
  { jobId, id: attemptId, workerId }: Pick<Attempt, 'jobId' | 'id' | 'workerId'>,
): JobContext => ({ ...context, diagnostics: withFacts(context.diagnostics, { jobId, attemptId, workerId }) });
