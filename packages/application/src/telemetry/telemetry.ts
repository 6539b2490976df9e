import type { Attempt, EpochMs, Job, Outcome, OutputChunk, PhaseTimes } from '@hodei/domain';

import type { PhaseSpan } from './start-phases.ts';

/**
 * How an attempt got its worker: `cold`, made for it; `warm`, one of a pool that had run nothing yet; `reused`, one
 * that had run a job before.
 */
export const START_KINDS = ['cold', 'warm', 'reused'] as const;

/** See {@link START_KINDS}. */
export type StartKind = (typeof START_KINDS)[number];

/** An attempt as telemetry is told of it. */
export interface TracedAttempt {
  readonly job: Job;
  readonly attempt: Attempt;
  readonly start: StartKind;
  /** The moments it has reached by now. */
  readonly phases: PhaseTimes;
  /** The parts of its start that are over, in their order. */
  readonly startPhases: readonly PhaseSpan[];
}

/**
 * Is told what happens, to count, measure and trace it. All of it is told once it is recorded or beside the way of a
 * job, never in front of it: no call is waited for, and none may throw.
 */
export interface Telemetry {
  /** A job is stored. `from` and `to`: when its submission began, and was stored. */
  submitted(submission: {
    readonly job: Job;
    readonly from: EpochMs;
    readonly to: EpochMs;
    /** Whether it was placed on a waiting worker at once. */
    readonly placed: boolean;
  }): void;
  /** An attempt's order was carried out, and that is recorded. */
  launched(attempt: TracedAttempt): void;
  /** The first output of an attempt has arrived. */
  firstByte(attempt: TracedAttempt): void;
  /** An attempt has ended, and that is recorded. `job` is as it is afterwards: ended, or `pending` again. */
  attemptEnded(attempt: TracedAttempt & { readonly outcome: Outcome }): void;
  /** A job has ended of which no attempt was under way. */
  jobEnded(job: Job): void;
  /** So many jobs have waited longer than they may, and have ended. */
  jobsExpired(count: number): void;
  /** Work of instances that died goes on here. */
  takenOver(owned: { readonly jobs: number; readonly workers: number }): void;
  /** A worker that no row wants was found, and is destroyed. */
  leakFound(): void;
  /** Output is durable. */
  outputStored(chunks: readonly OutputChunk[]): void;
  /** The lease was renewed; or could not be, and will be tried again; or has run out. */
  leaseRenewed(how: 'renewed' | 'failed' | 'lost'): void;
  /** So many workers of a pool shall wait in this instance; absent: it is no pool any more. */
  poolTarget(pool: string, target: number | undefined): void;
  /** A worker of a pool was made, or could not be. */
  poolWorkerMade(made: {
    readonly pool: string;
    readonly isReady: boolean;
    readonly startPhases: readonly PhaseSpan[];
  }): void;
}
