import type { Clock, Demand, ProviderConfig, ProviderId, WorkerProvider } from '@hodei/domain';

import { afterAdmission, type BreakerOptions } from './circuit-breaker.ts';
import { explainSelection, type SelectionExplanation, type SelectionQuery } from './explain-selection.ts';
import { noProviderError } from './no-provider-error.ts';
import type { ProviderEntries } from './provider-entries.ts';
import type { LoadView, ProviderLoad } from './provider-load.ts';
import { parseSelectionStrategy } from './selection-strategies.ts';
import type { StartPace } from './start-pace.ts';

/** What other processes changed is seen after this many milliseconds at the latest. */
const ROWS_MAX_AGE_MS = 1000;

/** So old may be what is known of the load of the providers, in milliseconds: less than a worker takes to start. */
const LOAD_MAX_AGE_MS = 25;

/** Work that names no timeout is priced as if it ran for so long, in milliseconds. */
const PRICED_DURATION_MS = 3_600_000;

const NO_LOAD: LoadView = { of: () => ({ workers: 0, cpu: 0, memoryBytes: 0 }) };

/** What to select a provider for. */
export interface SelectParams extends SelectionQuery {
  /** Lets `fastest_start` tell an image that is there from one that must be fetched. */
  readonly image?: string;
  /**
   * True: one of the provider's places is taken until the selection is disposed of; do that as soon as the
   * worker's row is stored. Without it, others may be given the same last place at the same time.
   */
  readonly reserve?: boolean;
}

/** The provider that was chosen. Disposing of it gives its reserved place back. Idempotent. */
export interface Selection extends Disposable {
  readonly config: ProviderConfig;
  readonly provider: WorkerProvider;
  /** To be asked before a worker is started. */
  readonly pace: StartPace;
}

/** What a {@link ProviderSelector} needs. */
export interface ProviderSelectorParams {
  readonly entries: ProviderEntries;
  readonly load: ProviderLoad;
  readonly clock: Clock;
  readonly breaker: BreakerOptions;
}

/** Chooses providers for work; see {@link ProviderRegistry} for what each method means. */
export class ProviderSelector {
  readonly #params: ProviderSelectorParams;

  constructor(params: ProviderSelectorParams) {
    this.#params = params;
  }

  /** See {@link ProviderRegistry.select}. */
  async select(params: SelectParams): Promise<Selection> {
    parseSelectionStrategy(params.strategy);
    const first = await this.#selectAmong(params, ROWS_MAX_AGE_MS);
    if ('provider' in first) return first;
    if (first.fulfillable) throw noProviderError(first);
    // That would be final; so look first whether another process registered one that can.
    const second = await this.#selectAmong(params, 0);
    if ('provider' in second) return second;
    throw noProviderError(second);
  }

  /** See {@link ProviderRegistry.explain}. */
  async explain(query: SelectionQuery): Promise<SelectionExplanation> {
    parseSelectionStrategy(query.strategy);
    await this.#params.entries.refresh(0);
    return this.#explain(query, await this.#params.load.read());
  }

  /** See {@link ProviderRegistry.assertFulfillable}. */
  async assertFulfillable(demand: Demand): Promise<void> {
    const query: SelectionQuery = { demand, strategy: 'least_loaded' };
    if (this.#explain(query, NO_LOAD).fulfillable) return;
    // Another process may have registered one that can.
    await this.#params.entries.refresh(0);
    const explanation = this.#explain(query, NO_LOAD);
    if (!explanation.fulfillable) throw noProviderError(explanation);
  }

  /** See {@link ProviderRegistry.admits}. */
  admits(id: ProviderId, demand: Demand): boolean {
    const entry = this.#params.entries.get(id);
    if (entry === undefined) return false;
    const now = this.#params.clock.now();
    const estimate = { image: '', resources: demand.resources, durationMs: demand.timeoutMs ?? PRICED_DURATION_MS };
    const snapshots = [entry.snapshot(NO_LOAD, now, estimate)];
    return explainSelection(snapshots, { demand, strategy: 'least_loaded' }, now).candidates.length > 0;
  }

  async #selectAmong(params: SelectParams, maxAgeMs: number): Promise<Selection | SelectionExplanation> {
    const { entries, load, clock, breaker } = this.#params;
    await entries.refresh(maxAgeMs);
    // One that is a moment old is good enough where it leaves room: nobody gets more than there is (the rows see to that).
    const recent = load.recent(LOAD_MAX_AGE_MS);
    let explanation = recent && this.#explain(params, recent);
    if (explanation === undefined || explanation.candidates.length === 0)
      explanation = this.#explain(params, await load.read());
    // From here to the reservation nothing waits, so that nobody comes between.
    const [best] = explanation.candidates;
    const entry = best && entries.get(best.config.id);
    if (entry === undefined) return explanation;
    const provider = entry.live();
    entry.breaker = afterAdmission(entry.breaker, clock.now(), breaker);
    const place = params.reserve ? load.reserve(entry.config.id, params.demand.resources) : undefined;
    return { config: entry.config, provider, pace: entry.pace, [Symbol.dispose]: () => place?.[Symbol.dispose]() };
  }

  #explain(params: SelectParams, load: LoadView): SelectionExplanation {
    const now = this.#params.clock.now();
    const { resources, timeoutMs } = params.demand;
    const estimate = { image: params.image ?? '', resources, durationMs: timeoutMs ?? PRICED_DURATION_MS };
    return explainSelection(
      this.#params.entries.all().map((entry) => entry.snapshot(load, now, estimate)),
      params,
      now,
    );
  }
}
