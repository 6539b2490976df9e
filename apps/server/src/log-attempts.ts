import type { Diagnostics, Telemetry } from '@hodei/application';
import { TERMINATION_CAUSES, type Job, type Outcome } from '@hodei/domain';

/** Writes a line when an attempt or a job has ended: what became of it, and how long its parts took. */
export class AttemptLog implements Pick<Telemetry, 'attemptEnded' | 'jobEnded' | 'jobsExpired' | 'takenOver'> {
  readonly #diagnostics: Diagnostics;

  constructor(diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
  }

  attemptEnded({ job, attempt, start, outcome, phases, startPhases }: Parameters<Telemetry['attemptEnded']>[0]): void {
    const { launched, exited } = phases;
    this.#diagnostics.info('an attempt has ended', {
      jobId: attempt.jobId,
      attemptId: attempt.id,
      attempt: attempt.number,
      workerId: attempt.workerId,
      providerId: attempt.providerId,
      start,
      ...factsOf(outcome),
      jobState: job.state,
      durationsMs: {
        ...Object.fromEntries(startPhases.map(({ phase, from, to }) => [phase, to - from])),
        ...(launched === undefined || exited === undefined ? {} : { run: exited - launched }),
      },
    });
  }

  jobEnded(job: Job): void {
    const { id: jobId, state: jobState, outcome } = job;
    if (outcome === undefined) return;
    this.#diagnostics.info('a job has ended without an attempt', { jobId, jobState, ...factsOf(outcome) });
  }

  jobsExpired(jobs: number): void {
    this.#diagnostics.info('jobs have waited longer than they may', { jobs });
  }

  takenOver(owned: Parameters<Telemetry['takenOver']>[0]): void {
    this.#diagnostics.warn('work of instances that died goes on here', owned);
  }
}

/** What a job said of its end is for whoever asks for the job; where the platform is at fault, its words are told. */
function factsOf({ cause, evidence }: Outcome): Readonly<Record<string, unknown>> {
  const { exitCode, signal, code, message } = evidence;
  const isFault = TERMINATION_CAUSES[cause].retry === 'free' || cause === 'start_failed';
  return {
    cause,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    ...(code === undefined ? {} : { code }),
    ...(isFault && message !== undefined ? { reason: message } : {}),
  };
}
