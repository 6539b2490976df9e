import type { Clock, HistoryRepository } from '@hodei/domain';

import { checkProviderHealth } from './check-provider-health.ts';
import { afterAnswer, afterFailure, afterNothing, afterSuccess, type BreakerOptions } from './circuit-breaker.ts';
import { verdictOf } from './error-verdicts.ts';
import { BUILD_LIMIT_MS, type ProviderEntries } from './provider-entries.ts';
import type { RegisteredProvider } from './registered-provider.ts';
import { within } from './within.ts';

/** What a {@link ProviderHealthTracker} needs. */
export interface ProviderHealthTrackerParams {
  readonly entries: ProviderEntries;
  readonly history: Pick<HistoryRepository, 'append'>;
  readonly clock: Clock;
  readonly breaker: BreakerOptions;
}

/** Learns how engines are, from health checks and from the work that runs on them. */
export class ProviderHealthTracker {
  readonly #params: ProviderHealthTrackerParams;

  constructor(params: ProviderHealthTrackerParams) {
    this.#params = params;
  }

  /**
   * Looks at an engine, or tries to connect to it. A change of its health goes into the history.
   * @param atOnce tries to connect although it is not yet time for that.
   */
  async check(entry: RegisteredProvider, atOnce: boolean): Promise<void> {
    const { clock, entries, breaker } = this.#params;
    if (entry.isBuilt) {
      const live = entry.live();
      const health = await checkProviderHealth(live, clock);
      // Meanwhile it may have been replaced; then the health of the new one is known already.
      if (entry.isBuilt && entry.live() === live) entry.health = health;
    } else {
      if (!atOnce && !entry.needsBuild(clock.now())) return;
      await within(clock, BUILD_LIMIT_MS, () => entries.build(entry));
    }
    const { status } = entry.health;
    const answered = status === 'healthy' || status === 'degraded';
    entry.breaker = answered ? afterAnswer(entry.breaker) : afterFailure(entry.breaker, clock.now(), breaker);
    await this.#record(entry);
  }

  /** See {@link ProviderRegistry.reportSuccess}. */
  succeeded(entry: RegisteredProvider, startupMs?: number): void {
    entry.breaker = afterSuccess(entry.breaker, this.#params.clock.now());
    if (startupMs !== undefined) entry.sawStartup(startupMs);
  }

  /** See {@link ProviderRegistry.reportFailure}. */
  failed(entry: RegisteredProvider, error: unknown): void {
    const now = this.#params.clock.now();
    const verdict = verdictOf(error);
    switch (verdict) {
      case 'engine_failed':
        entry.breaker = afterFailure(entry.breaker, now, this.#params.breaker);
        return;
      case 'engine_answered':
        entry.breaker = afterSuccess(entry.breaker, now);
        return;
      case 'says_nothing':
        this.saidNothing(entry);
        return;
      default:
        verdict satisfies never;
    }
  }

  /** See {@link ProviderRegistry.reportNothing}. */
  saidNothing(entry: RegisteredProvider): void {
    entry.breaker = afterNothing(entry.breaker);
  }

  /** Only changes, not each check. Where it can't be written, the next check tries again. */
  async #record(entry: RegisteredProvider): Promise<void> {
    const { config, health, recordedHealth } = entry;
    if (health.status === recordedHealth) return;
    entry.recordedHealth = health.status;
    try {
      await this.#params.history.append({
        at: health.checkedAt,
        kind: `provider.${health.status === 'unknown' ? 'unreachable' : health.status}`,
        providerId: config.id,
        data: { name: config.name, before: recordedHealth, reasons: health.reasons.join(', ') },
      });
    } catch (error) {
      entry.recordedHealth = recordedHealth;
      throw error;
    }
  }
}
