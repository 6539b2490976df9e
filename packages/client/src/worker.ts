import type { Ended, Moment, Resources } from './job.ts';

/** The states of a worker. */
export type WorkerState = 'creating' | 'connecting' | 'ready' | 'busy' | 'draining' | 'terminating' | 'terminated';

/** A worker as the server knows it. */
export interface Worker extends Ended {
  readonly id: string;
  readonly providerId: string;
  readonly state: WorkerState;
  readonly image: string;
  readonly resources: Resources;
  readonly jobId?: string;
  /** What its engine calls it. */
  readonly resourceId?: string;
  readonly warnings?: readonly string[];
  readonly createdAt: Moment;
  readonly stateChangedAt: Moment;
  readonly expiresAt: Moment;
}
