import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { callEngine } from '../../../../scripts/engine/engine-request.ts';
import { findEngine, type ReachedEngine } from '../../../../scripts/engine/reach-engine.ts';
import { openEngineProxy, type EngineProxy } from '../../../../scripts/test-support/engine-proxy.ts';
import { openService, type Service } from './open-service.ts';

/** Between the service and the real engine stands somebody who answers some requests himself. */
describe('an engine with trouble in its answers', () => {
  const stack = new AsyncDisposableStack();
  let real: ReachedEngine;
  let proxy: EngineProxy;
  let service: Service;
  beforeAll(async () => {
    real = await findEngine();
    proxy = stack.use(await openEngineProxy(real.endpoint));
    service = stack.use(await openService(proxy));
  });
  afterAll(() => stack.disposeAsync());

  it.each([
    ['that a removal is in progress, for a while', 409, 'removal of container x is already in progress', 12],
    [
      'that it failed, as its devices are busy',
      500,
      'driver "overlay2" failed to remove root filesystem: device or resource busy',
      4,
    ],
    [
      'that what is just ending does not run',
      500,
      'Could not kill running container x, cannot remove - container x is not running',
      2,
    ],
    ['that there is no such container, though there is', 404, 'No such container: x', 1],
  ])('says of a removal %s: the job has ended all the same, and the worker goes', async (_, status, words, times) => {
    const before = proxy.answered;
    proxy.answer('DELETE', /\/containers\//, { status, words }, times);
    const id = await service.submit({ script: 'echo done; exit 4' });
    expect(await service.ended(id)).toMatchObject({ state: 'failed', outcome: { evidence: { exitCode: 4 } } });
    expect(await service.output(id)).toBe('done\n');
    await service.expectNothingLeft();
    expect(proxy.answered - before).toBe(times);
  });

  it.each([
    ['/containers/create', 500, 'mkdir /var/lib/docker/overlay2/x: no space left on device'],
    ['/containers/create', 503, 'the engine is starting'],
    ['/start', 500, 'failed to create shim task: fork/exec /usr/bin/containerd-shim: cannot allocate memory: unknown'],
  ])('fails at %s with %i "%s": the job waits, and runs when it is over', async (path, status, words) => {
    proxy.answer('POST', new RegExp(path), { status, words }, 2);
    const id = await service.submit({ script: 'echo at last' });
    expect(await service.ended(id)).toMatchObject({ state: 'succeeded' });
    const attempts = await service.attempts(id);
    expect(attempts.map(({ outcome }) => outcome?.cause)).toEqual([
      'provider_unavailable',
      'provider_unavailable',
      'exited',
    ]);
    await service.expectNothingLeft();
  });

  it('has no space for a pull: the job waits, and runs when there is space', async () => {
    const line = { error: 'write /var/lib/docker/tmp/GetImageBlob1: no space left on device' };
    proxy.answer('GET', /\/images\/busybox:full\/json/, { status: 404, words: 'No such image: busybox:full' }, 4);
    proxy.answer(
      'POST',
      /\/images\/create/,
      { status: 200, words: `${JSON.stringify({ ...line, errorDetail: { message: line.error } })}\n` },
      4,
    );
    await callEngine(real.endpoint, '/images/busybox:latest/tag?repo=busybox&tag=full', { method: 'POST' });
    try {
      const id = await service.submit({ image: 'busybox:full', script: 'echo at last' });
      expect(await service.ended(id)).toMatchObject({ state: 'succeeded' });
      expect((await service.attempts(id))[0]?.outcome?.cause).toBe('provider_unavailable');
    } finally {
      await callEngine(real.endpoint, '/images/busybox:full', { method: 'DELETE' });
    }
    await service.expectNothingLeft();
  });

  it('fails while the log of a running job is read: the job is not given up', async () => {
    const id = await service.submit({ script: 'echo one; sleep 3; echo two; exit 5' });
    await service.wrote(id, 'one\n');
    proxy.answer('GET', /\/logs\?/, { status: 500, words: 'something odd' }, 3);
    proxy.cutRaw();
    expect(await service.ended(id)).toMatchObject({ state: 'failed', outcome: { evidence: { exitCode: 5 } } });
    expect(await service.attempts(id)).toHaveLength(1);
    expect(await service.output(id)).toBe('one\ntwo\n');
  });

  it('whose events end without a word still tells of an end that came from outside', async () => {
    proxy.silence(/\/events\?.*follow|\/events\?(?!.*until)/);
    const id = await service.submit({ script: 'echo begun; sleep 600' });
    await service.wrote(id, 'begun\n');
    const [attempt] = await service.attempts(id);
    await callEngine(real.endpoint, `/containers/hodei-${attempt?.workerId}/kill`, { method: 'POST' });
    expect(await service.ended(id, 10_000)).toMatchObject({ state: 'failed', outcome: { cause: 'signalled' } });
    proxy.silence(undefined);
    await service.expectNothingLeft();
  });

  it("kills a job for memory: that is the job's end, and its cause", async () => {
    const id = await service.submit({
      script: 'echo filling; x=x; while :; do x=$x$x; done',
      resources: { memoryBytes: 16 * 1024 * 1024 },
    });
    expect(await service.ended(id)).toMatchObject({ state: 'failed', outcome: { cause: 'oom_killed' } });
    expect(await service.attempts(id)).toHaveLength(1);
    await service.expectNothingLeft();
  });
});
