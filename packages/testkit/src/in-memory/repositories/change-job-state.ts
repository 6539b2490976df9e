import {
  isTerminalJobState,
  transitionJob,
  type Change,
  type EpochMs,
  type HistoryEvent,
  type Job,
  type JobState,
  type Outcome,
} from '@hodei/domain';
import type { InMemoryStore, JobRow } from './in-memory-store.ts';

/** What changes together with a job's state. */
export interface JobChange {
  readonly to: JobState;
  readonly at: EpochMs;
  /** Fields that change beside the state. */
  readonly set?: Partial<Omit<Job, 'id' | 'state' | 'outcome'>>;
  /** Given with an end. */
  readonly outcome?: Outcome;
}

/**
 * Moves a job on, by the table, and writes history and change. Pending and ended jobs have no owner; an end
 * drops the sealed secrets.
 */
export function changeJobState(store: InMemoryStore, row: JobRow, change: JobChange): Job {
  const { epoch, refusal: _, ...rest } = { ...row.job, ...change.set };
  const state = transitionJob(row.job.state, change.to);
  const ended = isTerminalJobState(state);
  const owned = !ended && state !== 'pending' && epoch !== undefined;
  const job: Job = {
    ...rest,
    state,
    stateChangedAt: change.at,
    ...(owned ? { epoch } : {}),
    ...(state === 'pending' && change.set?.refusal !== undefined ? { refusal: change.set.refusal } : {}),
    ...(ended ? { finishedAt: change.at } : {}),
    ...(ended && change.outcome !== undefined ? { outcome: structuredClone(change.outcome) } : {}),
  };
  store.jobs.set(
    job.id,
    !ended && row.sealedSecrets !== undefined ? { job, sealedSecrets: row.sealedSecrets } : { job },
  );
  recordJob(store, `job.${state}`, job, change.at, outcomeFacts(change.outcome));
  return job;
}

/** Writes an event about a job, and tells who watches. */
export function recordJob(
  store: InMemoryStore,
  kind: string,
  job: Job,
  at: EpochMs,
  data: HistoryEvent['data'] = {},
  change: Change = { kind: 'job', jobId: job.id, state: job.state },
): void {
  store.record({ at, kind, jobId: job.id, data });
  store.announce(change);
}

/** What the history tells of an outcome. */
export function outcomeFacts(outcome: Outcome | undefined): HistoryEvent['data'] {
  if (outcome === undefined) return {};
  const { exitCode } = outcome.evidence;
  return { cause: outcome.cause, ...(exitCode === undefined ? {} : { exitCode }) };
}
