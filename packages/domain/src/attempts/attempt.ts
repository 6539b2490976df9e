import type { EpochMs } from '../clock.ts';
import type { AttemptId, JobId, ProviderId, WorkerId } from '../ids.ts';
import type { Epoch } from '../instances/instance.ts';
import type { OutputOffsets } from '../output/output.ts';
import type { Outcome } from './termination.ts';

/**
 * The moments of an attempt, in their order:
 * `claimed` by an instance; `imageReady` on the engine; `workerReady` to take an order; `ordered`, the order
 * is on the wire; `launched`, the worker said so; `firstByte` of output; `exited`; `ended`, recorded.
 */
export const PHASES = [
  'claimed',
  'imageReady',
  'workerReady',
  'ordered',
  'launched',
  'firstByte',
  'exited',
  'ended',
] as const;

/** See {@link PHASES}. */
export type Phase = (typeof PHASES)[number];

/** When each phase was reached; those not reached are absent. */
export type PhaseTimes = Readonly<Partial<Record<Phase, EpochMs>>>;

/** One try of a job on one worker. */
export interface Attempt {
  readonly id: AttemptId;
  readonly jobId: JobId;
  readonly workerId: WorkerId;
  readonly providerId: ProviderId;
  /** 1 for the first attempt of the job. */
  readonly number: number;
  /** Who owns it. */
  readonly epoch: Epoch;
  /** Says that a launch marker is this attempt's. */
  readonly nonce: string;
  readonly phases: PhaseTimes;
  /** How much of its output is stored. */
  readonly acknowledged: OutputOffsets;
  /** Things that a person should know about how it ran. */
  readonly warnings: readonly string[];
  /** Present once it has ended; it is written once. */
  readonly outcome?: Outcome;
}
