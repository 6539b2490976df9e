import type { EpochMs } from '../clock.ts';
import type { Epoch } from '../instances/instance.ts';
import type { InstallationId, JobId, ProviderId, WorkerId } from '../ids.ts';
import type { DirectLaunch } from '../launch/launch-order.ts';
import type { Resources } from '../providers/resources.ts';
import type { Outcome } from '../attempts/termination.ts';
import type { WorkerState } from './worker-state.ts';

/** When an image is fetched: never, only if the engine does not have it, or each time (for its newest). */
export type PullPolicy = 'never' | 'if-not-present' | 'always';

/** What a provider is asked to make. */
export interface WorkerSpec {
  readonly workerId: WorkerId;
  readonly installationId: InstallationId;
  readonly image: string;
  readonly pullPolicy: PullPolicy;
  readonly resources: Resources;
  /** `none`, `bridge` or the name of a network. */
  readonly network: string;
  /** Like `arm64`; absent: what the engine runs natively. */
  readonly architecture?: string;
  /** Free labels, put on the worker beside ours. */
  readonly labels: Readonly<Record<string, string>>;
  /** The job it is made for, where that is known. */
  readonly jobId?: JobId;
  /** After this moment nobody should need it any more; it is in the worker's labels. */
  readonly expiresAt: EpochMs;
  /** Present: the image has no shell; run this at once, there will be no order. */
  readonly direct?: DirectLaunch;
  /**
   * The worker takes one order after another, each run as a child of its own; see `WorkerProvider.launch`. Its
   * jobs must trust each other: they share its file system and its user. Not together with `direct`.
   */
  readonly reusable?: true;
  /**
   * Only with network `none`: workers with the same key (and provider) share one network namespace, in which
   * there is nothing but a loopback interface. Cheaper to start, and no wall between those workers.
   */
  readonly sharedNetworkKey?: string;
}

/**
 * How to find a worker again, also from another process and after an upgrade: plain data, kept in the
 * database. Only the provider that made it reads `providerState`.
 */
export interface WorkerHandle {
  /** Version of the shape of this handle. */
  readonly version: 1;
  readonly workerId: WorkerId;
  readonly providerId: ProviderId;
  readonly providerType: string;
  /** The engine's own id of it, like a container id. */
  readonly resourceId: string;
  readonly createdAt: EpochMs;
  /** What the image runs where a job names no command; empty where the image has none or it is not known. */
  readonly defaultCommand: readonly string[];
  /** Things that a person should know, like a limit that the engine enforces only in part. */
  readonly warnings: readonly string[];
  readonly providerState: Readonly<Record<string, string>>;
}

/** Enough of a worker to destroy it: its id, whose name is deterministic, and where known the engine's id. */
export interface WorkerRef {
  readonly workerId: WorkerId;
  readonly resourceId?: string;
}

/** What a worker last said of itself. */
export interface Heartbeat {
  /** When it arrived, by our clock. */
  readonly at: EpochMs;
  /** When it was sent, by the worker's. */
  readonly reportedAt: EpochMs;
  /** Whose token it came with. A worker that was taken over has no token of its new owner. */
  readonly epoch: Epoch;
  /** One line for people, like `3 of 10 files`. */
  readonly progress?: string;
}

/** Someone asked for a worker's end. `drain`: when it has nothing to do. `destroy`: now, whatever it does. */
export interface EndRequest {
  readonly kind: 'drain' | 'destroy';
  readonly at: EpochMs;
  readonly by: string;
}

/** A worker as the database knows it. */
export interface Worker {
  readonly id: WorkerId;
  readonly providerId: ProviderId;
  readonly state: WorkerState;
  /** Who owns it. */
  readonly epoch: Epoch;
  readonly image: string;
  readonly resources: Resources;
  /** The job it runs or has run last; absent while it waits in a pool. */
  readonly jobId?: JobId;
  /** The pool it was made for; absent where it was made for one job. */
  readonly pool?: string;
  /** How many jobs it took from its pool. */
  readonly jobsRun: number;
  /** Absent until the engine has made it. */
  readonly handle?: WorkerHandle;
  readonly createdAt: EpochMs;
  readonly stateChangedAt: EpochMs;
  readonly expiresAt: EpochMs;
  /** How long it may be idle, in milliseconds; absent: what the policy says. */
  readonly idleTimeoutMs?: number;
  /** When its engine last listed it. */
  readonly lastSeenAt?: EpochMs;
  /** Since when its engine answers and does not list it; absent where it was there at the last look. */
  readonly missingSince?: EpochMs;
  /** What its engine says is wrong with it; absent: nothing. */
  readonly trouble?: string;
  readonly heartbeat?: Heartbeat;
  readonly endRequest?: EndRequest;
  /** Present once it is terminated. */
  readonly termination?: Outcome;
}

/** True for a worker that waits for an order and was not made for a job. */
export const isIdle = ({ state, jobId }: Pick<Worker, 'state' | 'jobId'>): boolean =>
  state === 'ready' && jobId === undefined;
