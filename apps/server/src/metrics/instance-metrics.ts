import type { Telemetry } from '@hodei/application';
import type { Registry } from 'prom-client';

import { declaring } from './declaring.ts';

/** Counts what this process does beside jobs: its lease, its part of the pools, what it has to report. */
export interface InstanceMetrics extends Pick<Telemetry, 'leaseRenewed' | 'poolTarget'> {
  readonly poolWorkerMade: (pool: string, isReady: boolean) => void;
  readonly reported: (level: 'warn' | 'error') => void;
}

export function makeInstanceMetrics(registry: Registry, version: string): InstanceMetrics {
  const { counter, gauge } = declaring(registry);
  gauge('hodei_build_info', 'Always 1; tells the version of this instance.', ['version']).set({ version }, 1);
  const renewals = counter(
    'hodei_lease_renewals_total',
    'Renewals of the lease of this instance: renewed, failed (tried again), lost (it begins a new life).',
    ['result'],
  );
  for (const result of ['renewed', 'failed', 'lost']) renewals.inc({ result }, 0);
  const target = gauge(
    'hodei_pool_target_idle_workers',
    'How many workers of the pool shall wait in this instance; the sum over instances is the target.',
    ['pool'],
  );
  const made = counter(
    'hodei_pool_workers_made_total',
    'Workers that this instance made for a pool: ready, or failed.',
    ['pool', 'result'],
  );
  const reports = counter(
    'hodei_log_lines_total',
    'What this process had to report, by level, whether its log shows it or not.',
    ['level'],
  );
  for (const level of ['warn', 'error']) reports.inc({ level }, 0);
  return {
    leaseRenewed: (result) => renewals.inc({ result }),
    poolTarget: (pool, wanted) => (wanted === undefined ? target.remove({ pool }) : target.set({ pool }, wanted)),
    poolWorkerMade: (pool, isReady) => made.inc({ pool, result: isReady ? 'ready' : 'failed' }),
    reported: (level) => reports.inc({ level }),
  };
}
