import {
  canTransitionJob,
  canTransitionWorker,
  type Attempt,
  type AttemptId,
  type AttemptRepository,
  type Epoch,
  type Job,
  type JobId,
  type NewAttempt,
  type Placement,
  type Worker,
  roomForJob,
  transitionJob,
} from '@hodei/domain';
import { assertCanBegin, beginAttempt } from './begin-attempt.ts';
import { changeJobState } from './change-job-state.ts';
import { changeWorkerState } from './change-worker-state.ts';
import type { InMemoryStore, JobRow } from './in-memory-store.ts';
import { placeOnWorker } from './place-on-worker.ts';
import { assertOwner, assertStill, attemptRow, attemptsOf, jobRow, openAttempt, workerRow } from './rows.ts';

type Launch = Parameters<AttemptRepository['markLaunched']>[0];
type End = Parameters<AttemptRepository['finish']>[0];

interface OpenRows {
  readonly attempt: Attempt;
  readonly row: JobRow;
  readonly worker: Worker;
}

/** Attempts in an {@link InMemoryStore}. */
export class InMemoryAttemptRepository implements AttemptRepository {
  readonly #store: InMemoryStore;

  constructor(store: InMemoryStore) {
    this.#store = store;
  }

  async begin(wanted: NewAttempt): Promise<Attempt> {
    const { jobId, epoch } = wanted;
    this.#assertMayBegin(jobId, epoch);
    assertCanBegin(this.#store, wanted, roomForJob(jobRow(this.#store, jobId).job));
    return beginAttempt(this.#store, wanted);
  }

  async beginOnWorker(jobId: JobId, placement: Placement): Promise<Attempt | undefined> {
    this.#assertMayBegin(jobId, placement.epoch);
    const attempt = placeOnWorker(this.#store, jobId, placement);
    return attempt && structuredClone(attempt);
  }

  async markLaunched(launch: Launch): Promise<void> {
    const rows = this.#openRows(launch);
    const { row, worker } = rows;
    assertScheduled(row);
    const takes = worker.state === 'ready' || worker.state === 'busy' || worker.state === 'draining';
    assertStill(takes, `worker ${worker.id} is ${worker.state}, not ready`);
    this.#launch(launch, rows);
  }

  async finish(end: End): Promise<Job> {
    const { at, launch, outcome, settlement } = end;
    let rows = this.#openRows(end);
    if (launch !== undefined) assertScheduled(rows.row);
    const { id, cancelRequest, state } = rows.row.job;
    const from = launch === undefined ? state : transitionJob(state, 'running');
    assertStill(
      canTransitionJob(from, settlement.state),
      `job ${id} is ${from}, which can't become ${settlement.state}`,
    );
    const waits = settlement.state === 'pending';
    assertStill(!waits || cancelRequest === undefined, `job ${id} is to be cancelled; it can't wait again`);

    if (launch !== undefined) {
      this.#launch({ ...launch, phases: {} }, rows);
      rows = this.#openRows(end);
    }
    const { attempt, row, worker } = rows;
    const phases = { ...attempt.phases, ...end.phases };
    this.#store.attempts.set(attempt.id, { ...attempt, phases, outcome: structuredClone(outcome) });
    if (end.reuse === true && worker.state === 'busy') {
      changeWorkerState(this.#store, worker, { to: 'ready', at, set: { jobId: null } });
    } else if (canTransitionWorker(worker.state, 'terminating')) {
      changeWorkerState(this.#store, worker, { to: 'terminating', at, termination: outcome });
    }
    const set = waits ? { notBefore: settlement.notBefore } : {};
    return structuredClone(changeJobState(this.#store, row, { to: settlement.state, at, outcome, set }));
  }

  #launch(
    { at, phases, warnings }: Pick<Launch, 'at' | 'phases' | 'warnings'>,
    { attempt, row, worker }: OpenRows,
  ): void {
    const added = { phases: { ...attempt.phases, ...phases }, warnings: [...warnings] };
    this.#store.attempts.set(attempt.id, { ...attempt, ...added });
    changeJobState(this.#store, row, { to: 'running', at, set: { startedAt: row.job.startedAt ?? at } });
    if (worker.state === 'ready') changeWorkerState(this.#store, worker, { to: 'busy', at });
  }

  async get(attemptId: AttemptId): Promise<Attempt> {
    return structuredClone(attemptRow(this.#store, attemptId));
  }

  async listByJob(jobId: JobId): Promise<readonly Attempt[]> {
    return structuredClone(attemptsOf(this.#store, jobId));
  }

  #assertMayBegin(jobId: JobId, epoch: Epoch): void {
    const { job } = jobRow(this.#store, jobId);
    assertOwner('job', job, epoch);
    assertStill(job.state === 'scheduled', `job ${jobId} is ${job.state}, not scheduled`);
    assertStill(job.cancelRequest === undefined, `job ${jobId} is to be cancelled`);
    assertStill(openAttempt(this.#store, jobId) === undefined, `job ${jobId} has an attempt that has not ended`);
  }

  /** The rows of an attempt that has not ended, all owned by the caller. */
  #openRows({ attemptId, epoch }: Pick<End, 'attemptId' | 'epoch'>): OpenRows {
    const attempt = attemptRow(this.#store, attemptId);
    const row = jobRow(this.#store, attempt.jobId);
    const worker = workerRow(this.#store, attempt.workerId);
    assertOwner('attempt', attempt, epoch);
    assertStill(attempt.outcome === undefined, `attempt ${attemptId} has ended already`);
    assertOwner('job', row.job, epoch);
    assertOwner('worker', worker, epoch);
    return { attempt, row, worker };
  }
}

const assertScheduled = ({ job: { id, state } }: JobRow): void =>
  assertStill(state === 'scheduled', `job ${id} is ${state}, not scheduled`);
