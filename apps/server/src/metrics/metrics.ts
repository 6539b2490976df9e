import type { Diagnostics, JobContext, JobRunner, Telemetry } from '@hodei/application';
import type { EpochMs } from '@hodei/domain';
import type { ConnectionCounts } from '@hodei/infrastructure/postgres';
import { Registry, type Gauge } from 'prom-client';

import { seconds } from './buckets.ts';
import { declaring } from './declaring.ts';
import { HttpMetrics } from './http-metrics.ts';
import { INSTALLATION_WIDE, InstallationGauges, type InstallationReading } from './installation-gauges.ts';
import { makeInstanceMetrics, type InstanceMetrics } from './instance-metrics.ts';
import { makeJobMetrics } from './job-metrics.ts';
import { makeProcessGauges, type ProcessReading } from './process-gauges.ts';

/** One life of this instance, as a scrape looks at it. */
export interface MetricsSource {
  readonly context: Pick<JobContext, 'repositories' | 'registry' | 'clock' | 'policy'>;
  readonly runner: Pick<JobRunner, 'activeCount'>;
  readonly connections?: (() => readonly ConnectionCounts[]) | undefined;
}

/** What a metric is. */
interface MetricDescription {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labels: readonly string[];
  /** Every instance says the same. */
  readonly isInstallationWide: boolean;
}

interface Described {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labelNames: readonly string[];
}

/** What the store says is read no more often than this, in milliseconds, however often it is asked for. */
const READ_EVERY_MS = 1000;
/** And reading it takes at most this part of the time. */
const MOST_OF_TIME = 0.05;
/** A store that takes longer than this, in milliseconds, is away as far as a scrape goes. */
const READ_LIMIT_MS = 5000;

/**
 * The metrics of one process, over all lives of its instance. Counters and histograms are this instance's; what the
 * store knows is read when it is asked for.
 */
export class Metrics {
  /** Is to be told what happens. */
  readonly telemetry: Telemetry;
  readonly http: HttpMetrics;
  readonly #registry = new Registry();
  readonly #instance: InstanceMetrics;
  readonly #showProcess: (reading: ProcessReading) => void;
  readonly #installation: InstallationGauges;
  readonly #storeUp: Gauge;
  readonly #readSeconds: Gauge;
  #reading: Promise<void> | undefined;
  #readAgainAt: EpochMs = Number.NEGATIVE_INFINITY;
  #of: MetricsSource | undefined;

  constructor(version: string) {
    const registry = this.#registry;
    const { observeStart, ...jobs } = makeJobMetrics(registry);
    this.#instance = makeInstanceMetrics(registry, version);
    const { leaseRenewed, poolTarget, poolWorkerMade } = this.#instance;
    this.#installation = new InstallationGauges(registry);
    this.http = new HttpMetrics(registry);
    this.#showProcess = makeProcessGauges(registry);
    const { gauge } = declaring(registry);
    this.#storeUp = gauge(
      'hodei_store_up',
      '1 where the last reading of the store went well; else all that is read from it is left out.',
    );
    this.#readSeconds = gauge(
      'hodei_store_read_seconds',
      'How long the last reading of the store for these metrics took.',
    );
    this.telemetry = {
      ...jobs,
      leaseRenewed,
      poolTarget,
      poolWorkerMade: ({ pool, isReady, startPhases }) => {
        poolWorkerMade(pool, isReady);
        for (const span of startPhases) observeStart(span, 'refill');
      },
    };
  }

  /** What there is to be shown, also what has no series yet. */
  describe(): readonly MetricDescription[] {
    return this.#registry.getMetricsAsArray().map((metric) => {
      // The library has more of a metric than its types tell.
      const { name, help, type, labelNames } = metric as unknown as Described;
      return { name, help, type, labels: labelNames, isInstallationWide: INSTALLATION_WIDE.has(name) };
    });
  }

  /** As {@link text} is to be sent. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The same diagnostics, and what is reported is counted. */
  counted(diagnostics: Diagnostics): Diagnostics {
    return {
      info: (message, facts) => diagnostics.info(message, facts),
      warn: (message, facts) => {
        this.#instance.reported('warn');
        diagnostics.warn(message, facts);
      },
      error: (message, facts) => {
        this.#instance.reported('error');
        diagnostics.error(message, facts);
      },
    };
  }

  /** All metrics in Prometheus' text format. A store that is away leaves its gauges out, and is no error. */
  async text(source: MetricsSource): Promise<string> {
    const { context, runner, connections } = source;
    this.#showProcess({
      activeJobs: runner.activeCount,
      maxJobs: context.policy.maxConcurrentJobs,
      connections: connections?.() ?? [],
    });
    await this.#readOnce(source);
    return this.#registry.metrics();
  }

  /** Those who ask at the same time share a reading, and those who ask soon afterwards its result. */
  async #readOnce(source: MetricsSource): Promise<void> {
    const { clock } = source.context;
    const isSame = this.#of?.context === source.context;
    if (this.#reading === undefined && (!isSame || clock.now() >= this.#readAgainAt)) {
      this.#of = source;
      this.#reading = this.#read(source).finally(() => {
        this.#reading = undefined;
      });
    }
    await this.#reading;
  }

  async #read({ context }: MetricsSource): Promise<void> {
    const { clock } = context;
    const from = clock.now();
    const enough = new AbortController();
    const late = clock.sleep(READ_LIMIT_MS, enough.signal).catch(() => undefined);
    try {
      const reading = await Promise.race([readInstallation(context, from), late]);
      if (reading === undefined) this.#installation.clear();
      else this.#installation.show(reading);
      this.#storeUp.set(reading === undefined ? 0 : 1);
    } catch {
      // Whoever needs the store meanwhile reports why; a scrape only shows that it is away.
      this.#installation.clear();
      this.#storeUp.set(0);
    } finally {
      enough.abort();
      const tookMs = clock.now() - from;
      this.#readSeconds.set(seconds(tookMs));
      this.#readAgainAt = clock.now() + Math.max(READ_EVERY_MS, tookMs / MOST_OF_TIME);
    }
  }
}

async function readInstallation(
  { repositories, registry }: MetricsSource['context'],
  at: EpochMs,
): Promise<InstallationReading> {
  const [census, pools, providers] = await Promise.all([
    repositories.census.take(at),
    repositories.pools.list(),
    registry.find(),
  ]);
  return { at, census, pools, providers };
}
