import { START_KINDS, START_PHASES, type PhaseSpan, type Telemetry, type TracedAttempt } from '@hodei/application';
import type { Job } from '@hodei/domain';
import type { Registry } from 'prom-client';

import { RUN_BUCKETS, seconds, START_BUCKETS } from './buckets.ts';
import { declaring } from './declaring.ts';

/** Counts and measures what this process does with jobs, as it is told. */
export interface JobMetrics extends Omit<Telemetry, 'leaseRenewed' | 'poolTarget' | 'poolWorkerMade'> {
  /** @param start also `refill`, for the workers of pools. */
  readonly observeStart: (span: PhaseSpan, start: TracedAttempt['start'] | 'refill') => void;
}

export function makeJobMetrics(registry: Registry): JobMetrics {
  const metrics = declare(registry);
  const observeStart: JobMetrics['observeStart'] = ({ phase, from, to }, start) =>
    metrics.startPhases.observe({ phase, start }, seconds(to - from));
  const jobEnded = ({ state, outcome }: Job): void => {
    if (outcome !== undefined) metrics.jobs.inc({ state, cause: outcome.cause });
  };
  return {
    observeStart,
    jobEnded,
    submitted: ({ placed }) => metrics.submitted.inc({ placed: String(placed) }),
    launched: ({ start, startPhases }) => {
      for (const span of startPhases) if (span.phase !== 'first_byte') observeStart(span, start);
    },
    firstByte: ({ job, attempt, phases, start, startPhases }) => {
      const span = startPhases.find(({ phase }) => phase === 'first_byte');
      if (span !== undefined) observeStart(span, start);
      if (attempt.number > 1 || phases.firstByte === undefined) return;
      const from = Math.max(job.createdAt, job.spec.notBefore ?? 0);
      metrics.firstByte.observe({ start }, seconds(Math.max(0, phases.firstByte - from)));
    },
    attemptEnded: ({ job, outcome: { cause, evidence }, phases: { launched, exited }, start }) => {
      metrics.attempts.inc({ cause: cause === 'exited' && evidence.exitCode === 0 ? 'exited_0' : cause, start });
      if (launched !== undefined && exited !== undefined) metrics.run.observe(seconds(Math.max(0, exited - launched)));
      jobEnded(job);
    },
    jobsExpired: (count) => metrics.jobs.inc({ state: 'timed_out', cause: 'wait_timeout' }, count),
    takenOver: ({ jobs, workers }) => {
      metrics.takenJobs.inc(jobs);
      metrics.takenWorkers.inc(workers);
    },
    leakFound: () => metrics.leaks.inc(),
    outputStored: (chunks) => {
      let [stdout, stderr] = [0, 0];
      for (const { stream, bytes, gap } of chunks) {
        if (stream === 'stdout') stdout += bytes.length;
        else stderr += bytes.length;
        if (gap === undefined) continue;
        metrics.gaps.inc({ reason: gap.reason });
        if (gap.lostBytes !== undefined) metrics.lostBytes.inc({ reason: gap.reason }, gap.lostBytes);
      }
      if (stdout > 0) metrics.outputBytes.inc({ stream: 'stdout' }, stdout);
      if (stderr > 0) metrics.outputBytes.inc({ stream: 'stderr' }, stderr);
    },
  };
}

function declare(registry: Registry) {
  const { counter, histogram } = declaring(registry);
  return {
    submitted: counter(
      'hodei_jobs_submitted_total',
      'Jobs that were submitted to this instance; placed: on a waiting worker of a pool at once.',
      ['placed'],
    ),
    startPhases: histogram(
      'hodei_start_phase_seconds',
      `How long each part of a start took: ${START_PHASES.join(', ')}. start: ${START_KINDS.join(', ')}.`,
      START_BUCKETS,
      ['phase', 'start'],
    ),
    firstByte: histogram(
      'hodei_job_first_byte_seconds',
      'From the submission of a job (or its notBefore) to the first byte of output of its first attempt.',
      START_BUCKETS,
      ['start'],
    ),
    run: histogram('hodei_attempt_run_seconds', 'How long attempts ran, from their launch to their exit.', RUN_BUCKETS),
    attempts: counter(
      'hodei_attempts_ended_total',
      'Attempts that ended here, by cause; exited_0 is a success, exited any other exit code.',
      ['cause', 'start'],
    ),
    jobs: counter('hodei_jobs_ended_total', 'Jobs whose end was recorded here, by state and cause.', [
      'state',
      'cause',
    ]),
    takenJobs: counter('hodei_adopted_jobs_total', 'Jobs that this instance took over from instances that died.'),
    takenWorkers: counter(
      'hodei_adopted_workers_total',
      'Workers that this instance took over from instances that died, those of the jobs included.',
    ),
    leaks: counter(
      'hodei_leaked_workers_total',
      'Workers that were found on an engine and that no row wants; they are destroyed.',
    ),
    outputBytes: counter('hodei_log_bytes_total', 'Bytes of output that this instance has stored.', ['stream']),
    gaps: counter('hodei_log_gaps_total', 'Places where output is missing.', ['reason']),
    lostBytes: counter(
      'hodei_log_missing_bytes_total',
      'Bytes of output that are missing, where it is known how many.',
      ['reason'],
    ),
  };
}
