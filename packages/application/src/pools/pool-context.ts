import type { JobContext } from '../support/job-context.ts';
import type { IdleWorkers } from './idle-workers.ts';

/** What the keeping of pools works with: that of jobs, in an instance that keeps idle workers. */
export type PoolContext = JobContext & { readonly idle: IdleWorkers };
