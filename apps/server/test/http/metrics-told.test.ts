import type { OutputChunk } from '@hodei/domain';
import { expect, it } from 'vitest';

import { Metrics } from '../../src/metrics/metrics.ts';
import { startMemoryPlane } from '../support/memory-plane.ts';
import { parsePrometheusText, valueOf } from '../../../../scripts/test-support/prometheus-text.ts';

it('whatever an instance is told beside the jobs that end well is counted', async () => {
  const metrics = new Metrics('1.2.3');
  const { telemetry } = metrics;
  await using plane = await startMemoryPlane();
  const bytes = new Uint8Array(3);
  const chunk = { offset: 0, at: 0, bytes, stream: 'stderr' } as const satisfies OutputChunk;
  const lost = { ...chunk, bytes: new Uint8Array(0), gap: { reason: 'over_limit', lostBytes: 7 } } as const;

  telemetry.takenOver({ jobs: 2, workers: 3 });
  telemetry.leakFound();
  telemetry.jobsExpired(4);
  telemetry.outputStored([chunk, { ...chunk, stream: 'stdout' }, chunk, lost]);
  telemetry.leaseRenewed('lost');
  telemetry.poolTarget('warm', 5);
  telemetry.poolWorkerMade({ pool: 'warm', isReady: true, startPhases: [] });
  telemetry.poolWorkerMade({ pool: 'warm', isReady: false, startPhases: [] });
  const diagnostics = metrics.counted(plane.context.diagnostics);
  diagnostics.warn('odd');
  diagnostics.error('wrong');
  diagnostics.error('wrong');

  const scrape = async () => parsePrometheusText(await metrics.text({ context: plane.context, runner: plane.runner }));
  const families = await scrape();
  for (const [name, labels, value] of [
    ['hodei_adopted_jobs_total', {}, 2],
    ['hodei_adopted_workers_total', {}, 3],
    ['hodei_leaked_workers_total', {}, 1],
    ['hodei_jobs_ended_total', { state: 'timed_out', cause: 'wait_timeout' }, 4],
    ['hodei_log_bytes_total', { stream: 'stderr' }, 6],
    ['hodei_log_bytes_total', { stream: 'stdout' }, 3],
    ['hodei_log_gaps_total', { reason: 'over_limit' }, 1],
    ['hodei_log_missing_bytes_total', { reason: 'over_limit' }, 7],
    ['hodei_lease_renewals_total', { result: 'lost' }, 1],
    ['hodei_pool_target_idle_workers', { pool: 'warm' }, 5],
    ['hodei_pool_workers_made_total', { pool: 'warm', result: 'ready' }, 1],
    ['hodei_pool_workers_made_total', { pool: 'warm', result: 'failed' }, 1],
    ['hodei_log_lines_total', { level: 'warn' }, 1],
    ['hodei_log_lines_total', { level: 'error' }, 2],
  ] as const)
    expect([name, labels, valueOf(families, name, labels)]).toEqual([name, labels, value]);

  telemetry.poolTarget('warm', undefined);
  expect(valueOf(await scrape(), 'hodei_pool_target_idle_workers', { pool: 'warm' })).toBeUndefined();
});
