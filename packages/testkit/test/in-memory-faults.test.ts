import {
  HodeiError,
  NO_OUTPUT,
  parseInstallationId,
  parseProviderId,
  parseWorkerId,
  type LaunchOrder,
  type OutputChunk,
  type RunningJob,
  type WorkerEvent,
  type WorkerSpec,
} from '@hodei/domain';
import { describe, expect, test } from 'vitest';
import {
  InMemoryEngine,
  InMemoryProvider,
  SequentialIds,
  SimulatedClock,
  type InMemoryEngineOptions,
} from '../src/in-memory/index.ts';

const setUp = (options: Omit<InMemoryEngineOptions, 'clock'> = {}) => {
  const clock = new SimulatedClock();
  const ids = new SequentialIds();
  const installationId = parseInstallationId(ids.uuid());
  const providerId = parseProviderId(ids.uuid());
  const engine = new InMemoryEngine({ clock, ...options });
  const connect = (): InMemoryProvider => new InMemoryProvider({ id: providerId, engine, installationId });
  const spec = (): WorkerSpec => ({
    workerId: parseWorkerId(ids.uuid()),
    installationId,
    image: 'any',
    pullPolicy: 'if-not-present',
    resources: {},
    network: 'none',
    labels: {},
    expiresAt: clock.now() + 3_600_000,
  });
  const order = (...argv: readonly string[]): LaunchOrder => ({ nonce: ids.nonce(), argv, env: {}, secrets: {} });
  return { clock, engine, installationId, connect, provider: connect(), spec, order };
};

const text = async (running: RunningJob): Promise<string> => {
  const chunks: OutputChunk[] = [];
  for await (const chunk of running.output) chunks.push(chunk);
  return Buffer.concat(chunks.map(({ bytes }) => bytes)).toString();
};

describe('faults of the in-memory provider', () => {
  test('a failing call rejects with the error it was given, as often as it was told, and has no effect', async () => {
    const { provider, engine, spec } = setUp();
    provider.faults.add({
      call: 'createWorker',
      kind: 'fail',
      error: new HodeiError('start_failed', 'told to'),
      times: 2,
    });
    await expect(provider.createWorker(spec())).rejects.toMatchObject({ code: 'start_failed' });
    await expect(provider.createWorker(spec())).rejects.toMatchObject({ code: 'start_failed' });
    expect(engine.workers()).toEqual([]);
    await provider.createWorker(spec());
    expect(engine.workers()).toHaveLength(1);
  });

  test('a fault strikes only the worker it is for', async () => {
    const { provider, spec } = setUp();
    const [struck, spared] = [spec(), spec()];
    provider.faults.add({
      call: 'createWorker',
      kind: 'fail',
      error: new HodeiError('start_failed', 'told to'),
      times: 'always',
      when: (workerId) => workerId === struck.workerId,
    });
    await provider.createWorker(spared);
    await expect(provider.createWorker(struck)).rejects.toMatchObject({ code: 'start_failed' });
    await expect(provider.createWorker(struck)).rejects.toMatchObject({ code: 'start_failed' });
  });

  test('a delayed call takes simulated time only', async () => {
    const { provider, clock, spec } = setUp();
    provider.faults.add({ call: 'createWorker', kind: 'delay', ms: 3_600_000 });
    const before = clock.now();
    await clock.runUntilSettled(provider.createWorker(spec()));
    expect(clock.now() - before).toBe(3_600_000);
  });

  test('a hanging call ends when its signal aborts', async () => {
    const { provider, spec } = setUp();
    provider.faults.add({ call: 'createWorker', kind: 'hang' });
    const giveUp = new AbortController();
    const creating = provider.createWorker(spec(), { signal: giveUp.signal });
    giveUp.abort(new Error('enough'));
    await expect(creating).rejects.toThrow('enough');
  });

  test('a lost answer leaves its effect behind', async () => {
    const { provider, engine, spec, order } = setUp();
    const handle = await provider.createWorker(spec());
    provider.faults.add({ call: 'launch', kind: 'loseAnswer' });
    const given = order('print', 'stdout', 'it ran', '4');
    await expect(provider.launch(handle, given)).rejects.toMatchObject({ code: 'provider_unavailable' });
    await expect(provider.launch(handle, given)).rejects.toMatchObject({ code: 'worker_not_ready' });
    const running = await provider.recoverWorker(handle, { nonce: given.nonce, from: NO_OUTPUT });
    expect(await text(running)).toBe('it ran');
    expect(await running.waitForExit()).toMatchObject({ exitCode: 4 });
    expect(engine.workers()).toHaveLength(1);
  });

  test('the wait for an exit can fail as well', async () => {
    const { provider, spec, order } = setUp();
    const running = await provider.launch(await provider.createWorker(spec()), order('true'));
    provider.faults.add({ call: 'waitForExit', kind: 'fail', error: new HodeiError('provider_timeout', 'told to') });
    await expect(running.waitForExit()).rejects.toMatchObject({ code: 'provider_timeout' });
    expect(await running.waitForExit()).toMatchObject({ exitCode: 0 });
  });
});

describe('what the world does to the in-memory engine', () => {
  test('a kill from outside gives exit code 137 and the signal that was seen', async () => {
    const { provider, engine, spec, order } = setUp();
    const handle = await provider.createWorker(spec());
    const running = await provider.launch(handle, order('wait'));
    engine.killWorker(handle.workerId);
    expect(await running.waitForExit()).toMatchObject({ exitCode: 137, signal: 'SIGKILL', oomKilled: false });
  });

  test('a worker that ran out of memory has the flag and no signal', async () => {
    const { provider, spec, order } = setUp();
    const running = await provider.launch(await provider.createWorker(spec()), order('oom'));
    const exit = await running.waitForExit();
    expect(exit).toMatchObject({ exitCode: 137, oomKilled: true });
    expect(exit).not.toHaveProperty('signal');
  });

  test('a vanished worker takes its exit code with it', async () => {
    const { provider, engine, spec, order } = setUp();
    const handle = await provider.createWorker(spec());
    const running = await provider.launch(handle, order('wait'));
    engine.vanishWorker(handle.workerId);
    expect(await text(running)).toBe('ready\n');
    await expect(running.waitForExit()).rejects.toMatchObject({ code: 'worker_not_found' });
    await expect(provider.getWorkerStatus(handle)).rejects.toMatchObject({ code: 'worker_not_found' });
  });

  test('while the engine is down everything is unavailable; busy workers live on and idle ones do not', async () => {
    const { provider, engine, installationId, spec, order } = setUp();
    const [idle, busy] = [await provider.createWorker(spec()), await provider.createWorker(spec())];
    const given = order('wait');
    const running = await provider.launch(busy, given);
    engine.goDown();
    for (const call of [
      provider.createWorker(spec()),
      provider.listWorkers(installationId),
      provider.getWorkerStatus(busy),
      running.waitForExit(),
      text(running),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'provider_unavailable' });
    }
    expect(await provider.checkHealth()).toMatchObject({ status: 'unhealthy' });
    engine.comeUp();
    await expect(provider.launch(idle, order('true'))).rejects.toMatchObject({ code: 'never_launched' });
    const recovered = await provider.recoverWorker(busy, { nonce: given.nonce, from: NO_OUTPUT });
    engine.killWorker(busy.workerId);
    expect(await text(recovered)).toBe('ready\n');
  });

  test('events can be lost, late and doubled', async () => {
    const { provider, engine, clock, installationId, spec } = setUp();
    const seen: string[] = [];
    const stop = new AbortController();
    const watching = (async () => {
      for await (const event of provider.watchWorkers(installationId, { signal: stop.signal }))
        seen.push(describeEvent(event));
    })();
    await clock.settle();
    engine.events.setTrouble({ duplicate: true });
    const handle = await provider.createWorker(spec());
    await clock.settle();
    engine.events.setTrouble({ drop: true });
    engine.killWorker(handle.workerId);
    await clock.settle();
    engine.events.setTrouble({ delayMs: 1000 });
    await provider.destroyWorker(handle, { gracePeriodMs: 0 });
    await clock.settle();
    expect(seen).toEqual(['resync', 'ready', 'ready']);
    await clock.advance(1000);
    expect(seen).toEqual(['resync', 'ready', 'ready', 'terminated']);
    stop.abort();
    await watching;
  });

  test('concurrent preparations of an image share one pull, which shows its phase', async () => {
    const { provider, engine, clock, spec } = setUp({ images: { any: { remote: true, pullMs: 5000 } } });
    await expect(provider.createWorker(spec())).rejects.toMatchObject({ code: 'image_not_found' });
    const phases: string[] = [];
    const prepare = () => provider.prepareImage(spec(), { onProgress: ({ phase }) => phases.push(phase) });
    await clock.runUntilSettled(Promise.all([prepare(), prepare()]));
    expect(engine.images.pullCount).toBe(1);
    expect(phases).toEqual(['pulling-image', 'pulling-image']);
    await provider.createWorker(spec());
  });

  test('a worker whose start is given up leaves nothing', async () => {
    const { provider, engine, clock, spec } = setUp({ startMs: 200 });
    const giveUp = new AbortController();
    const creating = provider.createWorker(spec(), { signal: giveUp.signal });
    await clock.settle();
    expect(engine.workers()).toHaveLength(1);
    giveUp.abort(new Error('enough'));
    await expect(creating).rejects.toThrow('enough');
    expect(engine.workers()).toEqual([]);
  });
});

const describeEvent = (event: WorkerEvent): string => (event.kind === 'resync' ? 'resync' : event.state);
