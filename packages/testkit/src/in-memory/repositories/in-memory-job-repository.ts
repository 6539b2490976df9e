import { isDeepStrictEqual } from 'node:util';
import {
  DEFERRED_MS,
  dueAtOf,
  HodeiError,
  isTerminalJobState,
  JOB_STATES,
  parsePageRequest,
  roomForJob,
  toPage,
  turnOf,
  waitTimeoutOf,
  waitUntilOf,
  type Attempt,
  type CancelRequest,
  type EpochMs,
  type Job,
  type JobId,
  type JobQuery,
  type JobRepository,
  type JobSpec,
  type JobState,
  type NewAttempt,
  type NewJob,
  type Outlook,
  type Page,
  type Placement,
} from '@hodei/domain';
import { setAsideFor } from './assert-room.ts';
import { isUnrestricted, mayBeginWhenStored, mayBePlacedAtOnce } from './admission.ts';
import { assertCanBegin, beginAttempt } from './begin-attempt.ts';
import { claimable } from './claimable.ts';
import { changeJobState, recordJob } from './change-job-state.ts';
import type { InMemoryStore } from './in-memory-store.ts';
import { newestFirst } from './newest-first.ts';
import { isWaiting, placeOnWorker } from './place-on-worker.ts';
import { assertOwner, assertStill, jobRow, openAttempt } from './rows.ts';

type Claim = Parameters<JobRepository['claimPending']>[0];
type Release = Parameters<JobRepository['release']>[0];
type CancelAsked = Parameters<JobRepository['requestCancel']>[0];

/** Jobs in an {@link InMemoryStore}. */
export class InMemoryJobRepository implements JobRepository {
  readonly #store: InMemoryStore;

  constructor(store: InMemoryStore) {
    this.#store = store;
  }

  async insert(wanted: NewJob): Promise<Job> {
    return this.#insert(wanted);
  }

  #insert(wanted: NewJob): Job {
    const spec = copySpec(wanted.spec);
    const stored = this.#store.jobs.get(wanted.id)?.job;
    if (stored !== undefined && wanted.requestHash !== undefined) {
      if (this.#store.requestHashes.get(wanted.id) === wanted.requestHash) return structuredClone(stored);
      throw new HodeiError('idempotency_key_reused', `job ${wanted.id} was submitted with this key for something else`);
    }
    if (stored !== undefined) {
      if (isDeepStrictEqual(stored.spec, spec)) return structuredClone(stored);
      throw new HodeiError('conflict', `job ${wanted.id} exists already, and asks for something else`);
    }
    const { id, at, claimFor, by, requestHash } = wanted;
    const notBefore = dueAtOf(spec, at);
    const pending: Job = {
      id,
      spec,
      state: 'pending',
      createdAt: at,
      stateChangedAt: at,
      notBefore,
      ...(by === undefined ? {} : { submittedBy: by }),
    };
    const starts = claimFor !== undefined && notBefore <= at && isUnrestricted(this.#store, spec);
    const job: Job = starts ? { ...pending, state: 'scheduled', epoch: claimFor } : pending;
    const { sealedSecrets } = wanted;
    this.#store.jobs.set(
      id,
      sealedSecrets === undefined ? { job } : { job, sealedSecrets: new Uint8Array(sealedSecrets) },
    );
    if (requestHash !== undefined) this.#store.requestHashes.set(id, requestHash);
    const told = notBefore >= at + DEFERRED_MS ? ({ kind: 'deferred', jobId: id } as const) : undefined;
    recordJob(this.#store, `job.${job.state}`, job, at, by === undefined ? {} : { by }, told);
    return structuredClone(job);
  }

  async insertOnWorker(
    wanted: Omit<NewJob, 'claimFor'>,
    placement: Placement,
  ): Promise<{ readonly job: Job; readonly attempt: Attempt } | undefined> {
    const { id } = wanted;
    if (!isWaiting(this.#store, placement) || !mayBePlacedAtOnce(this.#store, wanted.spec, wanted.at)) return undefined;
    assertStill(!this.#store.jobs.has(id), `job ${id} exists already`);
    const job = this.#insert({ ...wanted, claimFor: placement.epoch });
    const attempt = placeOnWorker(this.#store, id, placement);
    return attempt && { job, attempt: structuredClone(attempt) };
  }

  async insertBegun(
    wanted: Omit<NewJob, 'claimFor'>,
    attempt: Omit<NewAttempt, 'jobId'>,
  ): Promise<{ readonly job: Job; readonly attempt?: Attempt }> {
    const { id, spec, at } = wanted;
    const begins =
      !this.#store.jobs.has(id) &&
      this.#store.providers.has(attempt.providerId) &&
      mayBeginWhenStored(this.#store, spec, at);
    if (!begins) return { job: this.#insert(wanted) };
    assertCanBegin(this.#store, attempt, roomForJob({ id, createdAt: at, spec }));
    const job = this.#insert({ ...wanted, claimFor: attempt.epoch });
    return { job, attempt: beginAttempt(this.#store, { ...attempt, jobId: id }) };
  }

  async get(jobId: JobId): Promise<Job> {
    return structuredClone(jobRow(this.#store, jobId).job);
  }

  async list(query: JobQuery): Promise<Page<Job>> {
    const { limit, after } = parsePageRequest(query);
    const labels = Object.entries(query.labels ?? {});
    const matching = this.#all().filter(
      ({ state, spec }) =>
        (query.states === undefined || query.states.includes(state)) &&
        (query.name === undefined || spec.name === query.name) &&
        labels.every(([key, value]) => spec.labels[key] === value) &&
        (query.tenant === undefined || spec.tenant === query.tenant),
    );
    return structuredClone(toPage(newestFirst(matching, after, limit + 1), limit));
  }

  async countByState(): Promise<Readonly<Record<JobState, number>>> {
    const counts = Object.fromEntries(JOB_STATES.map((state) => [state, 0])) as Record<JobState, number>;
    for (const { state } of this.#all()) counts[state] += 1;
    return counts;
  }

  async claimPending(claim: Claim): Promise<readonly Job[]> {
    const { epoch, at } = claim;
    return claimable(this.#store, claim)
      .map((id) => changeJobState(this.#store, jobRow(this.#store, id), { to: 'scheduled', at, set: { epoch } }))
      .map((job) => structuredClone(job));
  }

  async outlook(at: EpochMs): Promise<Outlook> {
    const pending = this.#all().filter(({ state }) => state === 'pending');
    const [next] = pending
      .flatMap((job) => [job.notBefore, deadlineOf(job) ?? job.notBefore])
      .filter((moment) => moment > at)
      .toSorted((a, b) => a - b);
    return { isDue: pending.some(({ notBefore }) => notBefore <= at), ...(next === undefined ? {} : { next }) };
  }

  async countBefore(jobId: JobId, most: number): Promise<number> {
    const { job } = jobRow(this.#store, jobId);
    if (job.state !== 'pending') return 0;
    const turn = (one: Job): number => turnOf(one.createdAt, one.spec.priority);
    const before = this.#all().filter(
      (one) =>
        one.state === 'pending' &&
        one.spec.queue === job.spec.queue &&
        one.notBefore <= job.stateChangedAt &&
        !this.#store.keyLimits.has(one.spec.concurrencyKey ?? '') &&
        (turn(one) < turn(job) || (turn(one) === turn(job) && one.id < job.id)),
    );
    return Math.min(most, before.length);
  }

  async expireWaiting({ at, limit }: Parameters<JobRepository['expireWaiting']>[0]): Promise<number> {
    const late = this.#all()
      .filter((job) => job.state === 'pending' && (deadlineOf(job) ?? Number.POSITIVE_INFINITY) <= at)
      .slice(0, limit);
    for (const { id, spec } of late)
      changeJobState(this.#store, jobRow(this.#store, id), { to: 'timed_out', at, outcome: waitTimeoutOf(spec) });
    return late.length;
  }

  async release(release: Release): Promise<Job> {
    const { jobId, epoch, at, to } = release;
    const row = jobRow(this.#store, jobId);
    assertOwner('job', row.job, epoch);
    assertStill(row.job.state === 'scheduled', `job ${jobId} is ${row.job.state}, no longer scheduled`);
    assertStill(openAttempt(this.#store, jobId) === undefined, `job ${jobId} has an attempt; finish that`);
    if (to.state !== 'pending')
      return structuredClone(changeJobState(this.#store, row, { to: to.state, at, outcome: to.outcome }));
    assertStill(row.job.cancelRequest === undefined, `job ${jobId} is to be cancelled; it can't wait again`);
    const { notBefore, refusal } = to;
    const set = refusal === undefined ? { notBefore } : { notBefore, refusal: structuredClone(refusal) };
    const released = changeJobState(this.#store, row, { to: 'pending', at, set });
    if (to.setAside !== undefined) setAsideFor(this.#store, released, to.setAside, at);
    return structuredClone(released);
  }

  async requestCancel(request: CancelAsked): Promise<Job> {
    const { jobId, by, at, force = false } = request;
    const row = jobRow(this.#store, jobId);
    const earlier = row.job.cancelRequest;
    const isNews = earlier === undefined || (force && earlier.force === undefined);
    if (isTerminalJobState(row.job.state) || !isNews) return structuredClone(row.job);
    const cancelRequest: CancelRequest = { ...(earlier ?? { at, by }), ...(force ? { force: true } : {}) };
    if (row.job.state === 'pending') {
      const outcome = { cause: 'cancelled', evidence: { by } } as const;
      return structuredClone(
        changeJobState(this.#store, row, { to: 'cancelled', at, outcome, set: { cancelRequest } }),
      );
    }
    const job: Job = { ...row.job, cancelRequest };
    this.#store.jobs.set(jobId, { ...row, job });
    recordJob(this.#store, 'job.cancel_requested', job, at, force ? { by, force } : { by });
    this.#store.announce({ kind: 'cancel', jobId });
    return structuredClone(job);
  }

  async sealedSecrets(jobId: JobId): Promise<Uint8Array | undefined> {
    return structuredClone(jobRow(this.#store, jobId).sealedSecrets);
  }

  #all(): readonly Job[] {
    return [...this.#store.jobs.values()].map(({ job }) => job);
  }
}

/** Until when a job may wait for its first start. */
const deadlineOf = ({ spec, createdAt, startedAt }: Job): EpochMs | undefined =>
  startedAt === undefined ? waitUntilOf(spec, createdAt) : undefined;

/** A copy that shares nothing; bytes are copied by hand, because a clone of a Buffer drags its whole pool along. */
function copySpec(spec: JobSpec): JobSpec {
  const { stdin, ...rest } = spec;
  return stdin === undefined ? structuredClone(rest) : { ...structuredClone(rest), stdin: new Uint8Array(stdin) };
}
