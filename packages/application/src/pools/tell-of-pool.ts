import { toHodeiError } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';

/** "Why did it scale?" A store that is away loses the answer, and nothing else. */
export async function tellOfPool(
  { repositories, clock, diagnostics }: Pick<JobContext, 'repositories' | 'clock' | 'diagnostics'>,
  kind: 'pool.scaled' | 'pool.failing' | 'pool.recovered',
  data: Readonly<Record<string, string | number>>,
): Promise<void> {
  try {
    await repositories.history.append({ at: clock.now(), kind, data });
  } catch (error) {
    diagnostics.warn('what became of a pool could not be recorded', { kind, error: toHodeiError(error) });
  }
}
