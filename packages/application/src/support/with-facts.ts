import type { Attempt } from '@hodei/domain';

import type { DiagnosticFacts, Diagnostics } from './diagnostics.ts';
import type { JobContext } from './job-context.ts';

/** The same diagnostics, and everything that is reported carries these facts as well. */
export const withFacts = (diagnostics: Diagnostics, facts: DiagnosticFacts): Diagnostics =>
  new FactualDiagnostics(diagnostics, facts);

/** Each running job has one: no closures for each. */
class FactualDiagnostics implements Diagnostics {
  readonly #diagnostics: Diagnostics;
  readonly #facts: DiagnosticFacts;

  constructor(diagnostics: Diagnostics, facts: DiagnosticFacts) {
    this.#diagnostics = diagnostics;
    this.#facts = facts;
  }

  info(message: string, more?: DiagnosticFacts): void {
    this.#diagnostics.info(message, { ...this.#facts, ...more });
  }

  warn(message: string, more?: DiagnosticFacts): void {
    this.#diagnostics.warn(message, { ...this.#facts, ...more });
  }

  error(message: string, more?: DiagnosticFacts): void {
    this.#diagnostics.error(message, { ...this.#facts, ...more });
  }
}

/** The context of one attempt: whatever is reported about it says of which job, attempt and worker. */
export const aboutAttempt = (
  context: JobContext,
  { jobId, id: attemptId, workerId }: Pick<Attempt, 'jobId' | 'id' | 'workerId'>,
): JobContext => ({ ...context, diagnostics: withFacts(context.diagnostics, { jobId, attemptId, workerId }) });
