import {
  HodeiError,
  providerStatus,
  toHodeiError,
  type HealthStatus,
  type ProviderCapabilities,
  type ProviderConfig,
  type ProviderHealth,
  type WorkerProvider,
} from '@hodei/domain';

import { backoffMs } from '../support/backoff.ts';
import type { StartPace } from './start-pace.ts';
import { CLOSED_BREAKER, breakerAt, type BreakerState } from './circuit-breaker.ts';
import type { ProviderSnapshot } from './explain-selection.ts';
import type { LoadView } from './provider-load.ts';
import type { ProviderView } from './provider-view.ts';
import { sameData } from './same-data.ts';

/** The wait before a provider is built again, in milliseconds: it doubles from the first to the second. */
const REBUILD_FIRST_MS = 1000;
const REBUILD_MOST_MS = 30_000;

/** What a selection wants to know of each provider beside its configuration. */
export interface EstimateQuery {
  readonly image: string;
  readonly resources: Parameters<NonNullable<WorkerProvider['estimatedCost']>>[0]['resources'];
  /** How long the work is taken to run, in milliseconds. */
  readonly durationMs: number;
}

/**
 * One provider in this process: its configuration as last read, the live object or why there is none, and
 * what was seen of its engine. Nothing here outlives the process, and nothing needs to.
 */
export class RegisteredProvider {
  config: ProviderConfig;
  health: ProviderHealth;
  breaker: BreakerState = CLOSED_BREAKER;
  /** The health that the history tells of. */
  recordedHealth: HealthStatus = 'healthy';
  /** Grows from entry to entry, and tells those that came after a reading of the rows began. */
  addedAt = 0;
  #live: WorkerProvider | undefined;
  #failure: HodeiError | undefined;
  #failures = 0;
  #buildAgainAt = 0;
  #retired: WorkerProvider[] = [];
  #startups = { count: 0, totalMs: 0 };

  /** How many workers are started on its engine at once. */
  readonly pace: StartPace;

  constructor(config: ProviderConfig, now: number, pace: StartPace) {
    this.config = config;
    this.pace = pace;
    this.health = { status: 'unknown', reasons: ['not connected yet'], checkedAt: now };
  }

  /** The live object. @throws HodeiError `provider_unavailable` where there is none, with the reason as cause. */
  live(): WorkerProvider {
    if (this.#live !== undefined) return this.#live;
    const why = this.#failure?.message ?? 'its engine has not answered yet';
    throw new HodeiError('provider_unavailable', `provider ${this.config.name} is not connected: ${why}`, {
      cause: this.#failure,
    });
  }

  get isBuilt(): boolean {
    return this.#live !== undefined;
  }

  /** True where it has no live object and it is time to try to make one. */
  needsBuild(now: number): boolean {
    return this.#live === undefined && now >= this.#buildAgainAt;
  }

  /** Takes a new live object. The old one serves the jobs that it launched until {@link takeRetired}. */
  connected(provider: WorkerProvider, now: number): void {
    if (this.#live !== undefined) this.#retired.push(this.#live);
    this.#live = provider;
    this.#failure = undefined;
    this.#failures = 0;
    this.health = { status: 'healthy', reasons: [], checkedAt: now };
  }

  /** There is no live object: why, and when to try again. An old one, made from other settings, is retired. */
  failed(error: unknown, now: number): void {
    if (this.#live !== undefined) this.#retired.push(this.#live);
    this.#live = undefined;
    this.#failure = toHodeiError(error);
    this.#buildAgainAt = now + backoffMs(this.#failures, REBUILD_FIRST_MS, REBUILD_MOST_MS);
    this.#failures += 1;
    this.health = { status: 'unknown', reasons: [this.#failure.message], checkedAt: now };
  }

  /** True where a change needs a new live object: all else is read from the configuration each time. */
  needsRebuild(next: ProviderConfig): boolean {
    return !sameData(this.config.settings, next.settings) || !sameData(this.config.labels, next.labels);
  }

  /** The live objects that newer ones replaced; they are the caller's to dispose of. */
  takeRetired(): readonly WorkerProvider[] {
    const retired = this.#retired;
    this.#retired = [];
    return retired;
  }

  /** All live objects, in the end. */
  takeAll(): readonly WorkerProvider[] {
    if (this.#live !== undefined) this.#retired.push(this.#live);
    this.#live = undefined;
    return this.takeRetired();
  }

  sawStartup(startupMs: number): void {
    this.#startups = { count: this.#startups.count + 1, totalMs: this.#startups.totalMs + startupMs };
  }

  snapshot(load: LoadView, now: number, query: EstimateQuery): ProviderSnapshot {
    const { config, health } = this;
    const cost = this.#live?.estimatedCost?.({ resources: query.resources }, query.durationMs);
    const capabilities = this.#capabilities();
    return {
      config,
      health,
      breaker: breakerAt(this.breaker, now),
      liveWorkers: load.of(config.id).workers,
      load: load.of(config.id),
      startupMs: this.#live?.estimatedStartupMs({ image: query.image }) ?? Number.POSITIVE_INFINITY,
      ...(cost === undefined ? {} : { cost }),
      ...(capabilities === undefined ? {} : { capabilities }),
    };
  }

  view(load: LoadView, now: number): ProviderView {
    const { config, health } = this;
    const liveWorkers = load.of(config.id).workers;
    const capabilities = this.#capabilities();
    const { count, totalMs } = this.#startups;
    return {
      config,
      health,
      liveWorkers,
      status: providerStatus(config.mode, health.status, liveWorkers, config.maxWorkers),
      breaker: breakerAt(this.breaker, now).phase,
      ...(capabilities === undefined ? {} : { capabilities }),
      ...(count === 0 ? {} : { averageStartupMs: totalMs / count }),
    };
  }

  /** An adapter need not know the operator's labels: they are added here. */
  #capabilities(): ProviderCapabilities | undefined {
    const found = this.#live?.capabilities();
    return found && { ...found, labels: { ...found.labels, ...this.config.labels } };
  }
}
