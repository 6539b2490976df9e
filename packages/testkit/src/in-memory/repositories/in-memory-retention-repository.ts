import type { Clock, Pruned, RetentionRepository, Worker } from '@hodei/domain';
import type { InMemoryStore } from './in-memory-store.ts';
import { attemptsOf } from './rows.ts';

type Prune = Parameters<RetentionRepository['prune']>[0];

/** Clean-up of an {@link InMemoryStore}; the clock stands for the store's own. */
export class InMemoryRetentionRepository implements RetentionRepository {
  readonly #store: InMemoryStore;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(store: InMemoryStore, clock: Pick<Clock, 'now'>) {
    this.#store = store;
    this.#clock = clock;
  }

  async prune({ before, limit }: Prune): Promise<Pruned> {
    const { jobs, workers, instances, history, logs } = this.#store;
    const old = [...jobs.values()]
      .map(({ job }) => job)
      .filter(({ finishedAt }) => finishedAt !== undefined && finishedAt < before)
      .filter(({ id }) => ![...workers.values()].some(({ jobId, state }) => jobId === id && state !== 'terminated'))
      .toSorted((a, b) => (a.finishedAt ?? 0) - (b.finishedAt ?? 0))
      .slice(0, limit);
    let records = 0;
    for (const { id } of old) {
      records += logs.get(id)?.length ?? 0;
      logs.delete(id);
      this.#forgetEvents(({ jobId }) => jobId === id);
      const attempts = attemptsOf(this.#store, id);
      for (const attempt of attempts) this.#store.attempts.delete(attempt.id);
      const had = new Set(attempts.map(({ workerId }) => workerId));
      for (const worker of workers.values()) if (had.has(worker.id) || worker.jobId === id) this.#letGo(worker);
      jobs.delete(id);
    }
    const alone = [...workers.values()]
      .filter(({ state, jobId, stateChangedAt }) => state === 'terminated' && !jobId && stateChangedAt < before)
      .filter(({ id }) => !this.#hasAttempts(id))
      .slice(0, limit);
    for (const { id } of alone) workers.delete(id);
    const events = history.filter(({ jobId, at }) => jobId === undefined && at < before).slice(0, limit);
    this.#forgetEvents((event) => events.includes(event));
    const dead = [...instances.values()]
      .filter(({ leaseExpiresAt, epoch }) => leaseExpiresAt < Math.min(before, this.#clock.now()) && !this.#owns(epoch))
      .slice(0, limit);
    for (const { epoch } of dead) instances.delete(epoch);
    const others = [alone, events, dead].map(({ length }) => length);
    const hasMore = [old.length, ...others].some((deleted) => deleted === limit);
    return { jobs: old.length, records, others: others.reduce((a, b) => a + b, 0), hasMore };
  }

  /** A worker that had jobs of others as well stays as long as they do. */
  #letGo(worker: Worker): void {
    const { jobId, ...rest } = worker;
    if (worker.state === 'terminated' && !this.#hasAttempts(worker.id)) {
      this.#store.workers.delete(worker.id);
      this.#forgetEvents(({ workerId }) => workerId === worker.id);
    } else if (jobId !== undefined && attemptsOf(this.#store, jobId).length === 0) {
      this.#store.workers.set(worker.id, rest);
    }
  }

  #hasAttempts(workerId: Worker['id']): boolean {
    return [...this.#store.attempts.values()].some((attempt) => attempt.workerId === workerId);
  }

  #owns(epoch: number): boolean {
    return (
      [...this.#store.jobs.values()].some(({ job }) => job.epoch === epoch) ||
      [...this.#store.workers.values()].some((worker) => worker.epoch === epoch && worker.state !== 'terminated')
    );
  }

  #forgetEvents(isOld: (event: InMemoryStore['history'][number]) => boolean): void {
    const { history } = this.#store;
    const kept = history.filter((event) => !isOld(event));
    history.splice(0, history.length, ...kept);
  }
}
