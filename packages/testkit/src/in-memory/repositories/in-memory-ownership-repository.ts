import {
  HodeiError,
  type Clock,
  type Epoch,
  type Job,
  type Owned,
  type OwnershipRepository,
  type Worker,
} from '@hodei/domain';
import type { InMemoryStore } from './in-memory-store.ts';
import { openAttempt } from './rows.ts';

type Takeover = Parameters<OwnershipRepository['takeOver']>[0];

/** Ownership in an {@link InMemoryStore}; the clock stands for the store's own. */
export class InMemoryOwnershipRepository implements OwnershipRepository {
  readonly #store: InMemoryStore;
  readonly #clock: Clock;

  constructor(store: InMemoryStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  async takeOver({ epoch, limit, at }: Takeover): Promise<Owned> {
    if (!this.#isLive(epoch))
      throw new HodeiError('stale_epoch', `the lease of epoch ${epoch} has run out; it can't take anything over`);
    const jobs = this.#activeJobs()
      .filter((job) => job.epoch !== undefined && !this.#isLive(job.epoch))
      .slice(0, limit);
    const ofJobs = new Set(jobs.flatMap(({ id }) => openAttempt(this.#store, id)?.workerId ?? []));
    const abandoned = this.#liveWorkers().filter((worker) => !this.#isLive(worker.epoch));
    const alone = abandoned
      .filter(({ id, jobId }) => !ofJobs.has(id) && !this.#isOpenElsewhere(jobId, id))
      .slice(0, limit);
    const workers = abandoned.filter((worker) => ofJobs.has(worker.id) || alone.includes(worker));
    for (const job of jobs) {
      const attempt = openAttempt(this.#store, job.id);
      if (attempt !== undefined) this.#store.attempts.set(attempt.id, { ...attempt, epoch });
      const row = this.#store.jobs.get(job.id);
      this.#store.jobs.set(job.id, { ...row, job: { ...job, epoch } });
      this.#store.record({ at, kind: 'job.taken_over', jobId: job.id, data: { from: job.epoch ?? null, to: epoch } });
    }
    for (const worker of workers) this.#store.workers.set(worker.id, { ...worker, epoch });
    return structuredClone({
      jobs: jobs.map((job) => ({ ...job, epoch })),
      workers: workers.map((worker) => ({ ...worker, epoch })),
    });
  }

  async listOwned(epoch: Epoch): Promise<Owned> {
    const jobs = this.#activeJobs().filter((job) => job.epoch === epoch);
    return structuredClone({ jobs, workers: this.#liveWorkers().filter((worker) => worker.epoch === epoch) });
  }

  /** A worker whose job is still to be taken over goes with that job, not before it. */
  #isOpenElsewhere(jobId: Worker['jobId'], workerId: Worker['id']): boolean {
    return jobId !== undefined && openAttempt(this.#store, jobId)?.workerId === workerId;
  }

  #isLive(epoch: Epoch): boolean {
    return (this.#store.instances.get(epoch)?.leaseExpiresAt ?? 0) > this.#clock.now();
  }

  #activeJobs(): readonly Job[] {
    const all = [...this.#store.jobs.values()].map(({ job }) => job);
    return all.filter(({ state }) => state === 'scheduled' || state === 'running').toSorted(byAge);
  }

  #liveWorkers(): readonly Worker[] {
    return [...this.#store.workers.values()].filter(({ state }) => state !== 'terminated').toSorted(byAge);
  }
}

const byAge = (a: Job | Worker, b: Job | Worker): number => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);
