import { toHodeiError, type HodeiError, type Pool, type ProviderId } from '@hodei/domain';

import type { JobRunner } from '../dispatch/job-runner.ts';
import type { Selection } from '../registry/provider-selector.ts';
import { demandOfTemplate, makeWorker, type Made } from './make-worker.ts';
import type { PoolContext } from './pool-context.ts';
import type { BegunRefill, PoolFailures } from './pool-failures.ts';
import { tellOfPool } from './tell-of-pool.ts';

/** The workers that are being made for pools, in the background. */
export class Refills {
  readonly #context: PoolContext;
  readonly #runner: JobRunner;
  /** Each with the provider that makes it. */
  readonly #making = new Map<Promise<void>, ProviderId>();
  readonly #closing = new AbortController();

  constructor(context: PoolContext, runner: JobRunner) {
    this.#context = context;
    this.#runner = runner;
  }

  /** Begins to make one worker. @returns false where none can be made now. */
  async begin(pool: Pool, failures: PoolFailures): Promise<boolean> {
    const { clock } = this.#context;
    if (this.#closing.signal.aborted || !failures.mayBegin(clock.now())) return false;
    const selection = await this.#select(pool, failures);
    if (selection === undefined) return false;
    const { provider, pace } = selection;
    const onItsWay = [...this.#making.values()].filter((id) => id === provider.id).length;
    // Jobs come first, so what would only wait for them need not take a place now.
    if (onItsWay >= pace.limit || pace.hasJobsWaiting) {
      selection[Symbol.dispose]();
      this.#context.registry.reportNothing(provider.id);
      return false;
    }
    const making = this.#make(pool, failures, selection).finally(() => {
      this.#making.delete(making);
      this.#context.idle.changed.ring();
    });
    this.#making.set(making, provider.id);
    return true;
  }

  /** Resolves when no worker is being made. */
  async settled(): Promise<void> {
    while (this.#making.size > 0) await Promise.all(this.#making.keys());
  }

  /** Begins no more, gives up what is being made, and waits for it. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.settled();
  }

  async #select(pool: Pool, failures: PoolFailures): Promise<Selection | undefined> {
    const { registry, policy, clock } = this.#context;
    const { image, provider } = pool.template;
    try {
      return await registry.select({
        demand: demandOfTemplate(pool.template),
        strategy: policy.strategy,
        image,
        reserve: true,
        ...(provider === undefined ? {} : { only: provider }),
      });
    } catch (thrown) {
      const error = toHodeiError(thrown);
      if (error.details['reason'] === 'no_capacity') failures.noRoom(clock.now());
      else await this.#failed(pool, failures, error);
      return undefined;
    }
  }

  async #make(pool: Pool, failures: PoolFailures, selection: Selection): Promise<void> {
    const { diagnostics, lost } = this.#context;
    const begun = failures.began();
    const signal = AbortSignal.any([this.#closing.signal, lost]);
    try {
      const made = await makeWorker(this.#context, this.#runner, pool, selection, signal);
      failures.ended();
      // What was given up says nothing about anything.
      if (made.kind === 'failed' && signal.aborted) return;
      await this.#ended(pool, failures, selection.provider.id, made, begun);
    } catch (error) {
      diagnostics.error('a pool could not be filled', { pool: pool.name, error });
    }
  }

  async #ended(
    pool: Pool,
    failures: PoolFailures,
    providerId: ProviderId,
    made: Made,
    begun: BegunRefill,
  ): Promise<void> {
    const { registry, idle, clock } = this.#context;
    if (made.kind === 'full') {
      registry.reportNothing(providerId);
      return failures.noRoom(clock.now());
    }
    if (made.kind === 'failed') {
      registry.reportFailure(providerId, made.error);
      return this.#failed(pool, failures, made.error, begun);
    }
    registry.reportSuccess(providerId, { startupMs: made.tookMs });
    idle.figures.started(pool.name, made.tookMs);
    const before = failures.succeeded();
    if (before > 0) await tellOfPool(this.#context, 'pool.recovered', { pool: pool.name, failures: before });
  }

  async #failed({ name }: Pool, state: PoolFailures, error: HodeiError, begun?: BegunRefill): Promise<void> {
    const { clock, diagnostics } = this.#context;
    const { isFirst, failures, waitMs } = state.failed(error, clock.now(), begun);
    diagnostics.warn('a worker of a pool could not be made', { pool: name, failures, waitMs, error });
    const { code, message } = error;
    if (isFirst) await tellOfPool(this.#context, 'pool.failing', { pool: name, code, message });
  }
}
