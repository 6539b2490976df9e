import { START_KINDS, START_PHASES, type PhaseSpan, type Telemetry, type TracedAttempt } from '@hodei/application';
import type { Job, OutputChunk } from '@hodei/domain';
import { Counter, Histogram, type Registry } from 'prom-client';

import { RUN_BUCKETS, seconds, START_BUCKETS } from './buckets.ts';

/** Counts and measures what this process does with jobs. */
export class JobMetrics implements Omit<Telemetry, 'leaseRenewed' | 'poolTarget' | 'poolWorkerMade'> {
  readonly #submitted: Counter<'placed'>;
  readonly #startPhases: Histogram<'phase' | 'start'>;
  readonly #firstByte: Histogram<'start'>;
  readonly #run: Histogram;
  readonly #attempts: Counter<'cause' | 'start'>;
  readonly #jobs: Counter<'state' | 'cause'>;
  readonly #takenJobs: Counter;
  readonly #takenWorkers: Counter;
  readonly #leaks: Counter;
  readonly #outputBytes: Counter<'stream'>;
  readonly #gaps: Counter<'reason'>;
  readonly #lostBytes: Counter<'reason'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#submitted = new Counter({
      name: 'hodei_jobs_submitted_total',
      help: 'Jobs that were submitted to this instance; placed: on a waiting worker of a pool at once.',
      labelNames: ['placed'],
      registers,
    });
    this.#startPhases = new Histogram({
      name: 'hodei_start_phase_seconds',
      help: `How long each part of a start took: ${START_PHASES.join(', ')}. start: ${START_KINDS.join(', ')}.`,
      labelNames: ['phase', 'start'],
      buckets: [...START_BUCKETS],
      registers,
    });
    this.#firstByte = new Histogram({
      name: 'hodei_job_first_byte_seconds',
      help: 'From the submission of a job (or its notBefore) to the first byte of output of its first attempt.',
      labelNames: ['start'],
      buckets: [...START_BUCKETS],
      registers,
    });
    this.#run = new Histogram({
      name: 'hodei_attempt_run_seconds',
      help: 'How long attempts ran, from their launch to their exit.',
      buckets: [...RUN_BUCKETS],
      registers,
    });
    this.#attempts = new Counter({
      name: 'hodei_attempts_ended_total',
      help: 'Attempts that ended here, by cause; exited_0 is a success, exited any other exit code.',
      labelNames: ['cause', 'start'],
      registers,
    });
    this.#jobs = new Counter({
      name: 'hodei_jobs_ended_total',
      help: 'Jobs whose end was recorded here, by state and cause.',
      labelNames: ['state', 'cause'],
      registers,
    });
    this.#takenJobs = new Counter({
      name: 'hodei_adopted_jobs_total',
      help: 'Jobs that this instance took over from instances that died.',
      registers,
    });
    this.#takenWorkers = new Counter({
      name: 'hodei_adopted_workers_total',
      help: 'Workers that this instance took over from instances that died, those of the jobs included.',
      registers,
    });
    this.#leaks = new Counter({
      name: 'hodei_leaked_workers_total',
      help: 'Workers that were found on an engine and that no row wants; they are destroyed.',
      registers,
    });
    this.#outputBytes = new Counter({
      name: 'hodei_log_bytes_total',
      help: 'Bytes of output that this instance has stored.',
      labelNames: ['stream'],
      registers,
    });
    this.#gaps = new Counter({
      name: 'hodei_log_gaps_total',
      help: 'Places where output is missing.',
      labelNames: ['reason'],
      registers,
    });
    this.#lostBytes = new Counter({
      name: 'hodei_log_missing_bytes_total',
      help: 'Bytes of output that are missing, where it is known how many.',
      labelNames: ['reason'],
      registers,
    });
  }

  submitted({ placed }: Parameters<Telemetry['submitted']>[0]): void {
    this.#submitted.inc({ placed: String(placed) });
  }

  launched({ start, startPhases }: TracedAttempt): void {
    for (const span of startPhases) if (span.phase !== 'first_byte') this.observeStart(span, start);
  }

  firstByte({ job, attempt, phases, start, startPhases }: TracedAttempt): void {
    const span = startPhases.find(({ phase }) => phase === 'first_byte');
    if (span !== undefined) this.observeStart(span, start);
    if (attempt.number > 1 || phases.firstByte === undefined) return;
    const from = Math.max(job.createdAt, job.spec.notBefore ?? 0);
    this.#firstByte.observe({ start }, seconds(Math.max(0, phases.firstByte - from)));
  }

  attemptEnded({ job, outcome, phases, start }: Parameters<Telemetry['attemptEnded']>[0]): void {
    const { cause, evidence } = outcome;
    this.#attempts.inc({ cause: cause === 'exited' && evidence.exitCode === 0 ? 'exited_0' : cause, start });
    const { launched, exited } = phases;
    if (launched !== undefined && exited !== undefined) this.#run.observe(seconds(Math.max(0, exited - launched)));
    if (job.outcome !== undefined) this.jobEnded(job);
  }

  jobEnded({ state, outcome }: Job): void {
    if (outcome !== undefined) this.#jobs.inc({ state, cause: outcome.cause });
  }

  jobsExpired(count: number): void {
    this.#jobs.inc({ state: 'timed_out', cause: 'wait_timeout' }, count);
  }

  takenOver({ jobs, workers }: Parameters<Telemetry['takenOver']>[0]): void {
    this.#takenJobs.inc(jobs);
    this.#takenWorkers.inc(workers);
  }

  leakFound(): void {
    this.#leaks.inc();
  }

  outputStored(chunks: readonly OutputChunk[]): void {
    let [stdout, stderr] = [0, 0];
    for (const { stream, bytes, gap } of chunks) {
      if (stream === 'stdout') stdout += bytes.length;
      else stderr += bytes.length;
      if (gap === undefined) continue;
      this.#gaps.inc({ reason: gap.reason });
      if (gap.lostBytes !== undefined) this.#lostBytes.inc({ reason: gap.reason }, gap.lostBytes);
    }
    if (stdout > 0) this.#outputBytes.inc({ stream: 'stdout' }, stdout);
    if (stderr > 0) this.#outputBytes.inc({ stream: 'stderr' }, stderr);
  }

  /** @param start also `refill`, for the workers of pools. */
  observeStart({ phase, from, to }: PhaseSpan, start: TracedAttempt['start'] | 'refill'): void {
    this.#startPhases.observe({ phase, start }, seconds(to - from));
  }
}
