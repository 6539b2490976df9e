import type { EpochMs } from '../clock.ts';
import type { ProviderId } from '../ids.ts';
import type { JobRefusal } from '../jobs/job.ts';
import type { WorkerState } from '../workers/worker-state.ts';

/** What pending jobs wait for, as far as rows say it without looking at each job. `turn`: for a place, in their turn. */
export const WAITING_CLASSES = [
  'not_before',
  'retry_backoff',
  'queue_paused',
  'key_limit',
  'queue_limit',
  'no_instance',
  'no_capacity',
  'provider_unhealthy',
  'no_provider',
  'turn',
] as const satisfies readonly (JobRefusal['reason'] | (string & {}))[];

/** See {@link WAITING_CLASSES}. */
export type WaitingClass = (typeof WAITING_CLASSES)[number];

/** How much there is of everything that lives, in the whole installation, at one moment. What has ended is not counted. */
export interface Census {
  /** Pending jobs. */
  readonly waiting: readonly {
    /** Absent for all queues together that nobody has configured, but for `default`. */
    readonly queue?: string;
    readonly waitsFor: WaitingClass;
    readonly jobs: number;
  }[];
  /** Since when the longest waiting pending job waits; one whose time has not come does not wait yet. */
  readonly oldestWaitingSince?: EpochMs;
  readonly inFlight: readonly {
    /** As above. */
    readonly queue?: string;
    readonly state: 'scheduled' | 'running';
    readonly jobs: number;
  }[];
  readonly workers: readonly {
    readonly providerId: ProviderId;
    /** Absent for workers that were made for one job. */
    readonly pool?: string;
    readonly state: Exclude<WorkerState, 'terminated'>;
    /** How many. */
    readonly workers: number;
    /** How many of them wait for a job; see `isIdle`. */
    readonly idle: number;
  }[];
  /** Instances whose lease has not run out. */
  readonly instances: number;
}

/** Counts what lives. It costs what there is of that, however much has ever been. */
export interface CensusRepository {
  /** In no particular order; what there is none of is left out. */
  take(at: EpochMs): Promise<Census>;
}
