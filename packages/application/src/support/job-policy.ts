import { DEFAULT_WORKER_GRACES, type PullPolicy, type WorkerGraces } from '@hodei/domain';

import type { SelectionStrategyName } from '../registry/selection-strategies.ts';

/** What the operator decided for all jobs. */
export interface JobPolicy {
  /** The image of a job that names none. */
  readonly defaultImage: string;
  readonly pullPolicy: PullPolicy;
  /** How a provider is chosen among those that fit. */
  readonly strategy: SelectionStrategyName;
  /** How long a job may take to end after it was asked to, in milliseconds; then it is killed. */
  readonly gracePeriodMs: number;
  /** How long a worker may take to say that it was launched, in milliseconds. */
  readonly launchTimeoutMs: number;
  /** The same for a worker that waited in a pool, whose process runs already; then the job goes on to the next one. */
  readonly handOverTimeoutMs: number;
  /** How long after its job's time a worker is still nobody's leftover, in milliseconds. */
  readonly workerLifetimeMs: number;
  /** How long a worker that is kept may be idle, in milliseconds, where it names no time of its own. */
  readonly idleTimeoutMs: number;
  /** How long which silence of a worker is borne. */
  readonly graces: WorkerGraces;
  /** How many jobs this instance runs at once. */
  readonly maxConcurrentJobs: number;
  /** How much is kept of a job's output, all its attempts together, in bytes; the rest is counted and dropped. */
  readonly maxOutputBytes: number;
}

export const DEFAULT_JOB_POLICY: JobPolicy = {
  defaultImage: 'busybox',
  pullPolicy: 'if-not-present',
  strategy: 'least_loaded',
  gracePeriodMs: 10_000,
  launchTimeoutMs: 30_000,
  handOverTimeoutMs: 2000,
  workerLifetimeMs: 3_600_000,
  idleTimeoutMs: 600_000,
  graces: DEFAULT_WORKER_GRACES,
  maxConcurrentJobs: 50,
  maxOutputBytes: 1024 ** 3,
};
