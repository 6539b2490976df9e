import {
  checkPoolInput,
  LABELS,
  type Job,
  type JobId,
  type JobInput,
  type PoolInput,
  type Worker,
  type WorkerId,
} from '@hodei/domain';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { findEngine } from '../../../../scripts/engine/reach-engine.ts';
import type { PrivateEngine } from '../../../../scripts/private-engine/private-engine.ts';
import { startPrivateEngine } from '../../../../scripts/private-engine/start-private-engine.ts';
import { privateEngineIsLeftOut } from '../../../../scripts/private-engine/why-no-private-engine.ts';
import { listManaged, type LabelledResource } from '../../../../scripts/test-support/list-resources.ts';
import { openService, type Service } from './open-service.ts';

/** What a container writes while its engine is dead may be lost, so it writes nothing then. */
const job = (seconds: number): string => `echo begun; sleep ${seconds}; echo done; exit 3`;

/** The workers of a tenant share a network namespace: so its holder dies with the engine as well, or survives it. */
const poolOf = (tenant: string): PoolInput => ({
  name: tenant,
  template: { image: 'busybox:latest', tenant, shareNetwork: true },
  minIdle: 2,
  maxWorkers: 4,
});

describe.skipIf(privateEngineIsLeftOut('apps/server/test/trouble/engine-dies-under-pools')).each([
  { liveRestore: true, what: 'containers go on without their engine (live-restore)' },
  { liveRestore: false, what: 'containers end with their engine' },
])('idle workers where $what', ({ liveRestore }) => {
  let engine: PrivateEngine;
  let service: Service;
  beforeAll(async () => {
    const { endpoint } = await findEngine();
    engine = await startPrivateEngine({ from: endpoint, images: [inject('images').busybox], liveRestore });
    service = await openService(engine);
    for (const tenant of ['red', 'blue']) {
      await service.store.repositories.pools.put({ pool: checkPoolInput(poolOf(tenant)), version: 0, at: Date.now() });
    }
  });
  afterAll(async () => {
    await service?.[Symbol.asyncDispose]();
    await engine?.[Symbol.asyncDispose]();
  });

  const idle = async (): Promise<readonly Worker[]> =>
    (await service.store.repositories.workers.list({ limit: 100, states: ['ready'] })).items;
  const filled = async (): Promise<readonly Worker[]> => {
    await expect.poll(async () => (await idle()).length, { timeout: 30_000, interval: 50 }).toBe(4);
    return idle();
  };
  const containers = async (): Promise<readonly LabelledResource[]> =>
    (await listManaged(engine.endpoint)).filter(({ labels }) => labels[LABELS.installation] === service.installationId);
  const holders = async (): Promise<readonly LabelledResource[]> =>
    (await containers()).filter(({ labels }) => labels[LABELS.worker] === undefined);
  const submit = (tenant: string, input: JobInput): Promise<JobId> => service.submit({ ...input, tenant });
  const workersOf = async (id: JobId): Promise<readonly WorkerId[]> =>
    (await service.attempts(id)).map(({ workerId }) => workerId);
  const expectEnd = async (id: JobId, end: Partial<Job>, output: string): Promise<void> => {
    expect(await service.ended(id)).toMatchObject(end);
    expect(await service.output(id)).toBe(output);
  };

  it('share one labelled holder a tenant', async () => {
    const waiting = await filled();
    const label = (await holders()).map(({ labels }) => labels[LABELS.network]);
    expect(label).toHaveLength(2);
    expect(new Set(label).size).toBe(2);
    const namespaceOf = async (tenant: string): Promise<string> => {
      const id = await submit(tenant, { script: 'readlink /proc/self/ns/net' });
      expect(await service.ended(id)).toMatchObject({ state: 'succeeded' });
      expect(waiting.map((worker) => worker.id)).toContain((await workersOf(id))[0]);
      return service.output(id);
    };
    const [red, redAgain, blue] = await Promise.all(['red', 'red', 'blue'].map(namespaceOf));
    expect(red).toBe(redAgain);
    expect(red).not.toBe(blue);
  });

  it('are replaced when their engine was killed; what ran and what came meanwhile runs, and nothing leaks', async () => {
    const waiting = await filled();
    const running = await submit('red', { script: job(liveRestore ? 5 : 1) });
    await service.wrote(running, 'begun\n');
    await engine.kill();
    const meanwhile = await submit('blue', { script: 'echo at last' });
    await engine.start();
    await expectEnd(meanwhile, { state: 'succeeded' }, 'at last\n');
    await expectEnd(running, { state: 'failed' }, 'begun\ndone\n');
    const ends = (await service.attempts(running)).map(({ outcome }) => outcome?.cause);
    expect(ends).toEqual(liveRestore ? ['exited'] : ['worker_lost', 'exited']);

    const gone = async (): Promise<boolean> => {
      const rows = await Promise.all(waiting.map(({ id }) => service.store.repositories.workers.get(id)));
      return rows.every(({ state }) => state === 'terminated');
    };
    await expect.poll(gone, { timeout: 30_000, interval: 50 }).toBe(true);
    const now = (await filled()).map(({ id }) => id);
    // Four that wait and the holders of two tenants: nothing else is left on the engine, nor in the rows.
    const workers = async () => (await containers()).flatMap(({ labels }) => labels[LABELS.worker] ?? []).toSorted();
    await expect.poll(workers, { timeout: 20_000, interval: 50 }).toEqual(now.toSorted());
    expect(await holders()).toHaveLength(2);
    const after = await submit('red', { script: 'echo warm' });
    await expectEnd(after, { state: 'succeeded' }, 'warm\n');
    expect(now).toContain((await workersOf(after))[0]);
  });

  it('leave nothing when their pools are removed; who serves next removes the holders', async () => {
    await filled();
    const { providers, pools } = service.store.repositories;
    for (const tenant of ['red', 'blue']) await pools.delete(tenant);
    await expect.poll(() => idle(), { timeout: 20_000, interval: 50 }).toEqual([]);
    const { id, version, settings } = await providers.getByName('docker');
    const patch = { settings: { ...settings, sharedNetworkIdleMs: 0 } };
    await providers.update({ id, version, patch, at: Date.now() });
    await service.restart();
    await service.expectNothingLeft();
  });
});
