import { parseProviderId, workerName } from '@hodei/domain';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { DockerProvider } from '../../src/docker/index.ts';
import { readUntil } from './support/job-output.ts';
import { openTestDocker, orderFor, sh, type TestDocker } from './support/test-docker.ts';

const NOW = { gracePeriodMs: 0 } as const;

describe('removing workers', () => {
  let engine: TestDocker;
  let provider: DockerProvider;
  beforeAll(async () => {
    engine = await openTestDocker();
    provider = await engine.provider();
  });
  afterAll(() => engine.close());

  test('succeeds at any moment of their end', async () => {
    const handles = await Promise.all(Array.from({ length: 8 }, () => provider.createWorker(engine.spec())));
    const jobs = await Promise.all(
      handles.map((handle, index) => provider.launch(handle, orderFor(sh(`sleep 0.0${index}`)))),
    );
    expect(jobs).toHaveLength(8);
    await Promise.all(handles.map((handle) => provider.destroyWorker(handle, NOW)));
    expect(await provider.listWorkers(engine.installationId)).toEqual([]);
  });

  test('succeeds while somebody else removes them by force', async () => {
    const handles = await Promise.all(Array.from({ length: 4 }, () => provider.createWorker(engine.spec())));
    // Whether the other one succeeds, or is told that it is too late, is not ours to say.
    const byForce = handles.map(({ resourceId }) => engine.docker.getContainer(resourceId).remove({ force: true }));
    const [ours] = await Promise.all([
      Promise.allSettled(handles.map((handle) => provider.destroyWorker(handle, NOW))),
      Promise.allSettled(byForce),
    ]);
    expect(ours.map(({ status }) => status)).toEqual(handles.map(() => 'fulfilled'));
    expect(await provider.listWorkers(engine.installationId)).toEqual([]);
  });

  test('succeeds for all of many that ask at once, with and without grace', async () => {
    const handle = await provider.createWorker(engine.spec());
    const job = await provider.launch(handle, orderFor(sh(`trap '' TERM; echo ready; while :; do sleep 0.1; done`)));
    await readUntil(job.output[Symbol.asyncIterator](), 'ready');
    await Promise.all([0, 100, 200, 0].map((gracePeriodMs) => provider.destroyWorker(handle, { gracePeriodMs })));
    await expect(provider.getWorkerStatus(handle)).rejects.toMatchObject({ code: 'worker_not_found' });
  });

  test('works for one that was made but never started', async () => {
    const spec = engine.spec();
    const labels = {
      'hodei.managed': 'true',
      'hodei.installation': engine.installationId,
      'hodei.provider': engine.providerId,
      'hodei.worker': spec.workerId,
    };
    await engine.foreign({ name: workerName(spec.workerId), Labels: labels });
    await provider.destroyWorker({ workerId: spec.workerId }, NOW);
    expect(await provider.listWorkers(engine.installationId)).toEqual([]);
  });

  test('finds the worker by its name where the id on record is of one that is gone', async () => {
    const spec = engine.spec();
    const first = await provider.createWorker(spec);
    await provider.destroyWorker(first, NOW);
    await provider.createWorker(spec);
    await provider.destroyWorker(first, NOW);
    expect(await provider.listWorkers(engine.installationId)).toEqual([]);
  });

  test('does not touch a container with the name of a worker, but without our labels', async () => {
    const spec = engine.spec();
    const foreign = await engine.foreign({ name: workerName(spec.workerId) });
    await provider.destroyWorker({ workerId: spec.workerId }, NOW);
    await provider.destroyWorker({ workerId: spec.workerId, resourceId: foreign.id }, NOW);
    expect((await foreign.inspect()).Id).toBe(foreign.id);
    await foreign.remove();
  });

  test('does not touch the worker of another provider', async () => {
    const handle = await provider.createWorker(engine.spec());
    const other = parseProviderId('01890a5d-ac96-774b-bcce-b302099a8057');
    const { DockerProviderBuilder } = await import('../../src/docker/index.ts');
    await using stranger = await new DockerProviderBuilder().withProviderId(other).build();
    await stranger.destroyWorker(handle, NOW);
    await stranger.stopWorker({ ...handle, providerId: other }, NOW);
    await expect(stranger.getWorkerStatus({ ...handle, providerId: other })).rejects.toMatchObject({
      code: 'worker_not_found',
    });
    expect((await provider.getWorkerStatus(handle)).state).toBe('ready');
    await provider.destroyWorker(handle, NOW);
  });
});
