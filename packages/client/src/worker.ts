import type { Ended, Moment, Resources } from './job.ts';

/** The states of a worker. */
export type WorkerState = 'creating' | 'connecting' | 'ready' | 'busy' | 'draining' | 'terminating' | 'terminated';

/** How a worker is, as far as its engine and itself tell. */
export type WorkerHealth =
  | { readonly status: 'healthy' }
  | { readonly status: 'unhealthy'; readonly reasons: readonly string[] }
  /** Its engine does not answer. */
  | { readonly status: 'unreachable'; readonly since: Moment }
  /** Its engine does not have it. */
  | { readonly status: 'lost'; readonly since: Moment }
  | { readonly status: 'unknown'; readonly reason: string };

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
  readonly jobsRun: number;
  /** How it is; absent once it is gone. */
  readonly health?: WorkerHealth;
  readonly lastSeenAt?: Moment;
  /** When it last reported by itself, and what it said. */
  readonly heartbeatAt?: Moment;
  readonly progress?: string;
  readonly endRequest?: { readonly kind: 'drain' | 'destroy'; readonly at: Moment; readonly by: string };
}
