import type { JobId } from '@hodei/domain';
import type { InMemoryWorker } from '@hodei/testkit/in-memory';

import { shortId } from './reach-store.ts';
import { jobOf, type World } from './world.ts';

/** What must hold of the engine, after each step and in the end. */
export class EngineRules {
  readonly #world: World;
  #before: readonly InMemoryWorker[] = [];
  /** The last orders that were seen, each of an attempt that is stored. */
  readonly #orders = new Map<InMemoryWorker, string>();

  constructor(world: World) {
    this.#world = world;
  }

  check(): void {
    const workers = this.#world.engine.workers();
    for (const gone of this.#before) if (!workers.includes(gone)) this.#checkGone(gone);
    const running = new Map<JobId, InMemoryWorker>();
    for (const worker of workers) {
      this.#world.workers.set(worker.workerId, worker);
      const row = this.#world.store.workers.get(worker.workerId);
      if (row === undefined) this.#world.blame(`worker ${shortId(worker.workerId)} is on the engine and has no row`);
      this.#checkOrder(worker);
      const jobId = jobOf(this.#world, worker);
      if (jobId === undefined || !runs(worker)) continue;
      // A worker whose row says that it is to be destroyed is no second one: its attempt has its outcome. That a
      // job can have such a one and yet run on in it is another rule's, see checkOutcome.
      if (row?.state === 'terminating' || row?.state === 'terminated') continue;
      const other = running.get(jobId);
      if (other)
        this.#world.blame(
          `job ${shortId(jobId)} runs in workers ${shortId(other.workerId)} and ${shortId(worker.workerId)} at once`,
        );
      running.set(jobId, worker);
    }
    this.#before = workers;
  }

  /** When everything has settled. */
  checkEnd(): void {
    for (const worker of this.#world.engine.workers()) {
      // One that waits in its pool is where it should be; how many do is another rule's.
      const row = this.#world.store.workers.get(worker.workerId);
      if (row?.state === 'ready' && row.pool !== undefined && worker.exit === undefined) continue;
      this.#world.blame(
        `worker ${shortId(worker.workerId)} of job ${shortId(jobOf(this.#world, worker) ?? '')} is left on the engine`,
      );
    }
  }

  /** No order is carried out before it is durable that its attempt has this worker. */
  #checkOrder(worker: InMemoryWorker): void {
    const { nonce } = worker;
    if (nonce === undefined || worker.direct !== undefined || this.#orders.get(worker) === nonce) return;
    const attempt = [...this.#world.store.attempts.values()].find((one) => one.nonce === nonce);
    if (attempt?.workerId !== worker.workerId)
      this.#world.blame(`worker ${shortId(worker.workerId)} has carried out an order that no stored attempt gave it`);
    this.#orders.set(worker, nonce);
  }

  /** Only what its row gave up is destroyed; a worker that did not start is taken back by who made it. */
  #checkGone(worker: InMemoryWorker): void {
    const row = this.#world.store.workers.get(worker.workerId);
    if (this.#world.wasStruck(worker.workerId, 'vanished') || row === undefined) return;
    if (row.state === 'terminating' || row.state === 'terminated') return;
    const isBeingMade = row.state === 'creating' || row.state === 'connecting';
    if (isBeingMade && worker.verdict !== 'launched') return;
    this.#world.blame(`worker ${shortId(worker.workerId)} was destroyed while its row was ${row.state}`);
  }
}

/** Its job was launched and has not ended. */
const runs = (worker: InMemoryWorker): boolean =>
  worker.verdict === 'launched' && !worker.isWaiting && worker.exit === undefined;
