import type { Attempt, Job, Outcome, PhaseTimes, ProvisionProgress } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';
import { startPhases, type StartMoments } from './start-phases.ts';
import type { StartKind, Telemetry, TracedAttempt } from './telemetry.ts';

/** Tells telemetry of one attempt, and remembers the moments of its start that are not stored. */
export class AttemptReport {
  readonly #telemetry: Telemetry;
  readonly #job: Job;
  readonly #attempt: Attempt;
  readonly #start: StartKind;
  readonly #moments: StartMoments;

  constructor(telemetry: Telemetry, job: Job, attempt: Attempt, start: StartKind, moments: StartMoments = {}) {
    this.#telemetry = telemetry;
    this.#job = job;
    this.#attempt = attempt;
    this.#start = start;
    this.#moments = moments;
  }

  /** The order was carried out, and that is recorded. */
  launched(phases: PhaseTimes): void {
    this.#telemetry.launched(this.#traced(phases));
  }

  /** The first output has arrived. */
  firstByte(phases: PhaseTimes): void {
    this.#telemetry.firstByte(this.#traced(phases));
  }

  /** The attempt has ended, and that is recorded. @param job as it is afterwards. */
  ended(job: Job, outcome: Outcome, phases: PhaseTimes): void {
    this.#telemetry.attemptEnded({ ...this.#traced(phases), job, outcome });
  }

  #traced(phases: PhaseTimes): TracedAttempt {
    return {
      job: this.#job,
      attempt: this.#attempt,
      start: this.#start,
      phases,
      startPhases: startPhases(this.#job, this.#attempt.number, phases, this.#moments),
    };
  }
}

/** Where nobody is told, there is no report, and nothing is measured. */
export const reportOf = (
  { telemetry }: Pick<JobContext, 'telemetry'>,
  job: Job,
  attempt: Attempt,
  start: StartKind,
  moments?: StartMoments,
): AttemptReport | undefined => telemetry && new AttemptReport(telemetry, job, attempt, start, moments);

/** Notes when the engine makes a worker, and when it begins to start it, as its progress says it. */
export const notesStarting =
  (moments: StartMoments, now: () => number, onProgress: (progress: ProvisionProgress) => void = () => undefined) =>
  (progress: ProvisionProgress): void => {
    if (progress.phase === 'creating-worker') moments.creating ??= now();
    else if (progress.phase === 'starting-worker') moments.starting = now();
    onProgress(progress);
  };
