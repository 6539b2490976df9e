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
  /** The pool it was made for. */
  readonly pool?: string;
  /** How many jobs it took from its pool. */
  readonly jobsRun?: number;
  /** How it is; absent once it is gone. */
  readonly health?: {
    readonly status: 'healthy' | 'unhealthy' | 'unreachable' | 'lost' | 'unknown';
    readonly reasons?: readonly string[];
    readonly since?: Moment;
    readonly reason?: string;
  };
  readonly lastSeenAt?: Moment;
  /** When it last reported by itself, and what it said. */
  readonly heartbeatAt?: Moment;
  readonly progress?: string;
  readonly endRequest?: { readonly kind: 'drain' | 'destroy'; readonly at: Moment; readonly by: string };
}
