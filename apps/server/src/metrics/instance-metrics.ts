import type { Telemetry } from '@hodei/application';
import { Counter, Gauge, type Registry } from 'prom-client';

/** Counts what this process does beside jobs: its lease, its part of the pools, what it has to report. */
export class InstanceMetrics implements Pick<Telemetry, 'leaseRenewed' | 'poolTarget'> {
  readonly #renewals: Counter<'result'>;
  readonly #target: Gauge<'pool'>;
  readonly #made: Counter<'pool' | 'result'>;
  readonly #reports: Counter<'level'>;

  constructor(registry: Registry, version: string) {
    const registers = [registry];
    const build = new Gauge({
      name: 'hodei_build_info',
      help: 'Always 1; tells the version of this instance.',
      labelNames: ['version'],
      registers,
    });
    build.set({ version }, 1);
    this.#renewals = new Counter({
      name: 'hodei_lease_renewals_total',
      help: 'Renewals of the lease of this instance: renewed, failed (tried again), lost (it begins a new life).',
      labelNames: ['result'],
      registers,
    });
    for (const result of ['renewed', 'failed', 'lost']) this.#renewals.inc({ result }, 0);
    this.#target = new Gauge({
      name: 'hodei_pool_target_idle_workers',
      help: 'How many workers of the pool shall wait in this instance; the sum over instances is the target.',
      labelNames: ['pool'],
      registers,
    });
    this.#made = new Counter({
      name: 'hodei_pool_workers_made_total',
      help: 'Workers that this instance made for a pool: ready, or failed.',
      labelNames: ['pool', 'result'],
      registers,
    });
    this.#reports = new Counter({
      name: 'hodei_log_lines_total',
      help: 'What this process had to report, by level, whether its log shows it or not.',
      labelNames: ['level'],
      registers,
    });
    for (const level of ['warn', 'error']) this.#reports.inc({ level }, 0);
  }

  leaseRenewed(result: 'renewed' | 'failed' | 'lost'): void {
    this.#renewals.inc({ result });
  }

  poolTarget(pool: string, target: number | undefined): void {
    if (target === undefined) this.#target.remove({ pool });
    else this.#target.set({ pool }, target);
  }

  poolWorkerMade(pool: string, isReady: boolean): void {
    this.#made.inc({ pool, result: isReady ? 'ready' : 'failed' });
  }

  reported(level: 'warn' | 'error'): void {
    this.#reports.inc({ level });
  }
}
