import type { JobSpec } from './job.ts';
import type { Outcome } from '../attempts/termination.ts';

/** How a job ends that waited for its first start for too long. Pure. */
export const waitTimeoutOf = ({ waitTimeoutMs = 0 }: Pick<JobSpec, 'waitTimeoutMs'>): Outcome => ({
  cause: 'wait_timeout',
  evidence: { message: `it may wait ${waitTimeoutMs} ms for its start` },
});
