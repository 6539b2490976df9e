import { fitsTemplate, type PoolTemplate } from '@hodei/domain';

import { mayTake, type Taker } from './may-take.ts';
import type { PoolWorker } from './pool-worker.ts';

interface Waiter extends Taker {
  readonly take: (worker: PoolWorker) => void;
}

/** The jobs that wait for a busy worker to come back, the first to come first. */
export class AwaitingJobs {
  #waiters: readonly Waiter[] = [];

  /** @returns the worker that came back, or nothing once `over` is settled. */
  wait(taker: Taker, over: Promise<void>): Promise<PoolWorker | undefined> {
    const { promise, resolve } = Promise.withResolvers<PoolWorker | undefined>();
    const end = (worker?: PoolWorker): void => {
      this.#waiters = this.#waiters.filter((other) => other !== waiter);
      resolve(worker);
    };
    const waiter: Waiter = { ...taker, take: end };
    this.#waiters = [...this.#waiters, waiter];
    void over.then(
      () => end(),
      () => end(),
    );
    return promise;
  }

  /** The first that may take this worker, which has just come back. */
  firstFor(worker: PoolWorker): Pick<Waiter, 'take'> | undefined {
    return this.#waiters.find(
      (waiter) => fitsTemplate(worker.template, waiter.spec) && mayTake(worker, waiter, worker.idleSince),
    );
  }

  countFitting(template: PoolTemplate): number {
    return this.#waiters.filter(({ spec }) => fitsTemplate(template, spec)).length;
  }
}
