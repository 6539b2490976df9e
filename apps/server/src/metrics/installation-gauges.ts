import type { ProviderView } from '@hodei/application';
import { WAITING_CLASSES, type Census, type EpochMs, type HealthStatus, type Pool } from '@hodei/domain';
import type { Registry } from 'prom-client';

import { seconds } from './buckets.ts';
import { declaring } from './declaring.ts';

/** What the store says at one moment. */
export interface InstallationReading {
  readonly at: EpochMs;
  readonly census: Census;
  readonly pools: readonly Pool[];
  readonly providers: readonly ProviderView[];
}

/** What is the same whichever instance is asked; the rest of what it shows is as this instance sees it. */
export const INSTALLATION_WIDE: ReadonlySet<string> = new Set([
  'hodei_jobs_waiting',
  'hodei_jobs_in_flight',
  'hodei_jobs_oldest_waiting_seconds',
  'hodei_instances',
  'hodei_workers',
  'hodei_pool_idle_workers',
  'hodei_pool_min_idle_workers',
  'hodei_pool_max_workers',
  'hodei_provider_max_workers',
]);

/** Queues that nobody has configured have no series of their own: their names are up to whoever submits. */
const OTHER_QUEUES = '(other)';

const HEALTH = ['healthy', 'degraded', 'unhealthy', 'unknown'] as const satisfies readonly HealthStatus[];

/** Shows what there is in the whole installation: of several instances take the maximum, not the sum. */
export class InstallationGauges {
  readonly #gauges: ReturnType<typeof makeGauges>;

  constructor(registry: Registry) {
    this.#gauges = makeGauges(registry);
  }

  show({ at, census, pools, providers }: InstallationReading): void {
    const gauges = this.#gauges;
    this.clear();
    for (const reason of WAITING_CLASSES) gauges.waiting.set({ queue: 'default', waits_for: reason }, 0);
    for (const { queue = OTHER_QUEUES, waitsFor, jobs } of census.waiting)
      gauges.waiting.set({ queue, waits_for: waitsFor }, jobs);
    for (const state of ['scheduled', 'running']) gauges.inFlight.set({ queue: 'default', state }, 0);
    for (const { queue = OTHER_QUEUES, state, jobs } of census.inFlight) gauges.inFlight.set({ queue, state }, jobs);
    gauges.oldest.set(seconds(Math.max(0, at - (census.oldestWaitingSince ?? at))));
    gauges.instances.set(census.instances);
    this.#showPools(census, pools);
    this.#showProviders(census, providers);
  }

  /** Nothing is known: old values would look like new ones. */
  clear(): void {
    for (const gauge of Object.values(this.#gauges)) gauge.reset();
    for (const gauge of [this.#gauges.oldest, this.#gauges.instances]) gauge.remove();
  }

  #showPools({ workers }: Census, pools: readonly Pool[]): void {
    const gauges = this.#gauges;
    for (const { name, minIdle, maxWorkers } of pools) {
      const idle = workers.reduce((sum, one) => (one.pool === name ? sum + one.idle : sum), 0);
      gauges.poolIdle.set({ pool: name }, idle);
      gauges.poolMinIdle.set({ pool: name }, minIdle);
      gauges.poolMaxWorkers.set({ pool: name }, maxWorkers);
    }
  }

  #showProviders({ workers }: Census, providers: readonly ProviderView[]): void {
    const gauges = this.#gauges;
    const names = new Map(providers.map(({ config }) => [config.id, config.name]));
    for (const { providerId, pool = '', state, workers: count } of workers)
      gauges.workers.inc({ provider: names.get(providerId) ?? '(unknown)', pool, state }, count);
    for (const { config, health, breaker } of providers) {
      const provider = config.name;
      for (const status of HEALTH) gauges.health.set({ provider, status }, status === health.status ? 1 : 0);
      gauges.breaker.set({ provider }, breaker === 'closed' ? 0 : 1);
      gauges.providerMaxWorkers.set({ provider }, config.maxWorkers);
      if (health.latencyMs !== undefined) gauges.latency.set({ provider }, seconds(health.latencyMs));
    }
  }
}

const makeGauges = (registry: Registry) => {
  const { gauge } = declaring(registry);
  return {
    waiting: gauge('hodei_jobs_waiting', 'Pending jobs by queue and what they wait for.', ['queue', 'waits_for']),
    inFlight: gauge('hodei_jobs_in_flight', 'Jobs that are scheduled or running.', ['queue', 'state']),
    oldest: gauge('hodei_jobs_oldest_waiting_seconds', 'How long the longest waiting pending job waits.'),
    instances: gauge('hodei_instances', 'Instances with a lease.'),
    workers: gauge('hodei_workers', 'Workers that are not terminated; pool is empty for those made for one job.', [
      'provider',
      'pool',
      'state',
    ]),
    poolIdle: gauge('hodei_pool_idle_workers', 'Workers of the pool that wait for a job.', ['pool']),
    poolMinIdle: gauge('hodei_pool_min_idle_workers', 'How many shall wait at least.', ['pool']),
    poolMaxWorkers: gauge('hodei_pool_max_workers', 'How many workers of the pool may exist.', ['pool']),
    health: gauge('hodei_provider_health', '1 for what this instance last found of the provider, 0 for the rest.', [
      'provider',
      'status',
    ]),
    breaker: gauge('hodei_provider_breaker_open', '1 while this instance keeps work from the provider.', ['provider']),
    latency: gauge('hodei_provider_check_seconds', 'How long the engine took to answer the last health check.', [
      'provider',
    ]),
    providerMaxWorkers: gauge('hodei_provider_max_workers', 'How many workers the provider may have.', ['provider']),
  };
};
