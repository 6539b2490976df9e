import { randomUUID } from 'node:crypto';

import { LABELS, parseProviderId, parseWorkerId, type WorkerEvent, type WorkerId } from '@hodei/domain';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { connectDocker } from '../../src/docker/connection/connect-docker.ts';
import { DockerEngine } from '../../src/docker/engine/docker-engine.ts';
import { listWorkers, type WorkerOwner } from '../../src/docker/workers/list-workers.ts';
import { watchWorkers } from '../../src/docker/workers/watch-workers.ts';
import { openDockerProxy } from './support/docker-proxy.ts';
import { engineAt } from './support/fake-engine.ts';
import { openTestDocker, sh, type TestDocker } from './support/test-docker.ts';

const connection = await connectDocker();
const engine = new DockerEngine(connection, 30_000);
let docker: TestDocker;

beforeAll(async () => {
  docker = await openTestDocker();
});
afterAll(() => docker.close());

/** An owner of its own, so that tests do not see one another. */
const newOwner = (): WorkerOwner => ({
  installationId: docker.installationId,
  providerId: parseProviderId(randomUUID()),
});

async function create(owner: WorkerOwner, labels: Record<string, string> = {}, command: readonly string[] = ['true']) {
  const workerId = parseWorkerId(randomUUID());
  const container = await docker.docker.createContainer({
    Image: 'busybox:latest',
    Cmd: [...command],
    HostConfig: { NetworkMode: 'none' },
    Labels: {
      [LABELS.managed]: 'true',
      [LABELS.installation]: owner.installationId,
      [LABELS.provider]: owner.providerId,
      [LABELS.worker]: workerId,
      ...labels,
    },
  });
  return { workerId, container };
}

const removeAll = async (
  made: readonly { readonly container: { remove(options: object): Promise<unknown> } }[],
): Promise<void> => {
  for (const { container } of made) await container.remove({ force: true });
};

describe('the list of workers', () => {
  test('has those of this owner in every state, the ended ones too, and nobody else', async () => {
    const owner = newOwner();
    const jobId = randomUUID();
    const expiresAt = Date.now() + 60_000;
    const created = await create(owner, { [LABELS.job]: jobId, [LABELS.expiresAt]: new Date(expiresAt).toISOString() });
    const running = await create(owner, {}, ['sleep', '60']);
    const paused = await create(owner, {}, ['sleep', '60']);
    const ended = await create(owner, {}, sh('exit 3'));
    const others = await create(newOwner());
    const unmanaged = await create(owner, { [LABELS.managed]: 'false' });
    const all = [created, running, paused, ended, others, unmanaged];
    try {
      for (const { container } of [running, paused, ended]) await container.start();
      await paused.container.pause();
      await ended.container.wait();
      const listed = await listWorkers(engine, owner);
      expect(new Map(listed.map((worker) => [worker.workerId, worker.state]))).toEqual(
        new Map<WorkerId, string>([
          [created.workerId, 'connecting'],
          [running.workerId, 'ready'],
          [paused.workerId, 'draining'],
          [ended.workerId, 'terminated'],
        ]),
      );
      const first = listed.find(({ workerId }) => workerId === created.workerId);
      expect(first).toEqual({
        workerId: created.workerId,
        jobId,
        resourceId: created.container.id,
        state: 'connecting',
        createdAt: expect.any(Number),
        expiresAt,
      });
      expect(Math.abs((first?.createdAt ?? 0) - Date.now())).toBeLessThan(60_000);
    } finally {
      await removeAll(all);
    }
  });

  test.each([
    ['worker', 'no-id'],
    ['job', 'no-id'],
    ['expiresAt', 'tomorrow'],
  ] as const)('is an error that names the container where its label of the %s can not be read', async (label, text) => {
    const owner = newOwner();
    const damaged = await create(owner, { [LABELS[label]]: text });
    try {
      await expect(listWorkers(engine, owner)).rejects.toMatchObject({
        code: 'unknown_value',
        message: expect.stringContaining(damaged.container.id),
      });
    } finally {
      await removeAll([damaged]);
    }
  });
});

/** Reads on until an event is the one; what was read, that one included. */
async function readTo(
  events: AsyncIterator<WorkerEvent>,
  isIt: (event: WorkerEvent) => boolean,
): Promise<readonly WorkerEvent[]> {
  const seen: WorkerEvent[] = [];
  for (;;) {
    const { value, done } = await events.next();
    if (done === true) throw new Error(`the watch ended after ${JSON.stringify(seen)}`);
    seen.push(value);
    if (isIt(value)) return seen;
  }
}

const isResync = (event: WorkerEvent): boolean => event.kind === 'resync';
const isChange =
  (worker: WorkerId, state: string) =>
  (event: WorkerEvent): boolean =>
    event.kind === 'changed' && event.workerId === worker && event.state === state;

describe('the watch of workers', () => {
  test('tells the whole life of a worker by the time of the engine, and of no other', async () => {
    const owner = newOwner();
    const controller = new AbortController();
    const events = watchWorkers(engine, owner, { signal: controller.signal });
    expect((await events.next()).value).toMatchObject({ kind: 'resync' });
    const before = Date.now();
    const other = await create(newOwner(), {}, sh('exit 9'));
    const { workerId, container } = await create(owner, {}, ['sleep', '60']);
    await other.container.start();
    await container.start();
    await container.pause();
    await container.unpause();
    await container.kill({ signal: 'SIGKILL' });
    await container.wait();
    await removeAll([other, { container }]);
    const isDestroyed = isChange(workerId, 'terminated');
    const life = [...(await readTo(events, isDestroyed)), ...(await readTo(events, isDestroyed))];
    // A busy engine tells of a pause twice: once as it was asked, once as containerd reports it (moby,
    // daemon/monitor.go). Events may come twice, so only what is told counts.
    const told = life.map((event) => (event.kind === 'changed' ? event.state : event.kind)).join(' ');
    expect(told).toMatch(/^connecting ready( draining ready)+ terminated terminated$/);
    expect(life.flatMap((event) => (event.kind === 'changed' ? [event.workerId] : []))).toEqual(
      life.map(() => workerId),
    );
    expect(life.at(-2)).toMatchObject({ exitCode: 137 });
    for (const { at } of life) expect(at).toBeGreaterThanOrEqual(before - 1);
    controller.abort();
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  test('says resync after a gap, and repeats what happened in it', async () => {
    const owner = newOwner();
    const proxy = await openDockerProxy();
    const controller = new AbortController();
    const events = watchWorkers(await engineAt(proxy.socketPath), owner, {
      signal: controller.signal,
      firstBackoffMs: 5,
      mostBackoffMs: 20,
    });
    const worker = await create(owner, {}, sh('exit 4'));
    try {
      await readTo(events, isResync);
      await worker.container.start();
      await readTo(events, isChange(worker.workerId, 'terminated'));
      const reading = readTo(events, isResync);
      await proxy.shut();
      const late = await create(owner, {}, sh('exit 5'));
      await late.container.start();
      await late.container.wait();
      await proxy.open();
      await reading;
      const repeated = await readTo(events, isChange(late.workerId, 'terminated'));
      expect(repeated.at(-1)).toMatchObject({ exitCode: 5 });
      await removeAll([late]);
    } finally {
      controller.abort();
      await removeAll([worker]);
      await events.return(undefined);
      await proxy.close();
    }
  });

  test('that was cut off while nothing happened says resync and goes on', async () => {
    const owner = newOwner();
    const proxy = await openDockerProxy();
    const controller = new AbortController();
    const events = watchWorkers(await engineAt(proxy.socketPath), owner, {
      signal: controller.signal,
      firstBackoffMs: 5,
    });
    try {
      await readTo(events, isResync);
      const reading = readTo(events, isResync);
      proxy.cut('/events');
      await reading;
      const worker = await create(owner);
      await readTo(events, isChange(worker.workerId, 'connecting'));
      await removeAll([worker]);
    } finally {
      controller.abort();
      await events.return(undefined);
      await proxy.close();
    }
  });
});
