import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { getJson } from '../../../src/docker/engine/engine-request.ts';
import type { DockerEngine, EngineCallOptions } from '../../../src/docker/engine/docker-engine.ts';
import { inspectImage } from '../../../src/docker/images/image-facts.ts';
import { openJsonStream } from '../../../src/docker/engine/stream-json.ts';
import { collect } from '../support/collect.ts';
import { answerWell, engineAt, startFakeEngine } from '../support/fake-engine.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ping = (engine: DockerEngine, options?: EngineCallOptions): Promise<unknown> =>
  engine.call(
    { doing: 'pinging' },
    (docker, abortSignal) => getJson(docker, { path: '/_ping', query: {}, abortSignal }),
    options,
  );

describe('a call to an engine', () => {
  test('resolves with its answer', async () => {
    await using fake = await startFakeEngine(answerWell);
    expect(String(await ping(fake.engine))).toBe('OK');
  });

  test('to no daemon says which socket is missing and what to do', async () => {
    const engine = await engineAt('/nonexistent/docker.sock');
    const message = expect.stringMatching(
      /unix:\/\/\/nonexistent\/docker\.sock \(configured\).*start the Docker Engine/,
    );
    await expect(ping(engine)).rejects.toMatchObject({ code: 'provider_unavailable', retryable: true, message });
  });

  test('to a daemon that hangs ends at its deadline, and the connection with it', async () => {
    const closed = Promise.withResolvers<void>();
    await using fake = await startFakeEngine((request) => request.on('close', () => closed.resolve()), 100);
    await expect(ping(fake.engine)).rejects.toMatchObject({
      code: 'provider_timeout',
      retryable: true,
      message: expect.stringContaining('did not answer within 100 ms while pinging'),
    });
    await closed.promise;
  });

  test('to a daemon that hangs midway in its answer ends at its deadline', async () => {
    await using fake = await startFakeEngine((_, response) => void response.writeHead(200).write('{"half'), 100);
    await expect(inspectImage(fake.engine, 'x')).rejects.toMatchObject({ code: 'provider_timeout' });
  });

  test('may have a deadline of its own', async () => {
    await using fake = await startFakeEngine(() => {}, 60_000);
    await expect(ping(fake.engine, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'provider_timeout' });
  });

  test('given up by its caller rejects with his reason, and the connection ends', async () => {
    const [asked, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await using fake = await startFakeEngine((request) => {
      asked.resolve();
      request.on('close', () => closed.resolve());
    });
    const controller = new AbortController();
    const reason = new Error('no longer wanted');
    const call = ping(fake.engine, { signal: controller.signal });
    await asked.promise;
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    await closed.promise;
  });

  test('is not made where its caller has given up before', async () => {
    let calls = 0;
    await using fake = await startFakeEngine(() => void (calls += 1));
    await expect(ping(fake.engine, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
    expect(calls).toBe(0);
  });

  test('to a daemon that dies meanwhile is unavailable', async () => {
    await using fake = await startFakeEngine((request) => request.socket.destroy());
    await expect(ping(fake.engine)).rejects.toMatchObject({
      code: 'provider_unavailable',
      message: expect.stringContaining('broke off'),
    });
  });

  test('to something that is no engine is unavailable', async () => {
    await using folder = await temporaryFolder();
    const socketPath = join(folder.path, 'docker.sock');
    const server = createServer((socket) => socket.end('220 mail.example ESMTP\r\n')).listen(socketPath);
    await once(server, 'listening');
    try {
      await expect(ping(await engineAt(socketPath))).rejects.toMatchObject({
        code: 'provider_unavailable',
        message: expect.stringContaining('no Docker Engine'),
      });
    } finally {
      server.close();
    }
  });
});

describe('a stream of an engine', () => {
  const open = (engine: DockerEngine, options: EngineCallOptions = {}): Promise<AsyncGenerator<unknown>> =>
    openJsonStream(engine, { doing: 'watching' }, (docker, abortSignal) => docker.getEvents({ abortSignal }), options);

  test('that breaks off midway is an error, not an end', async () => {
    await using fake = await startFakeEngine((request, response) => {
      response.write('{"n":1}\n', () => request.socket.destroy());
    });
    const events = await open(fake.engine);
    expect(await events.next()).toEqual({ done: false, value: { n: 1 } });
    await expect(events.next()).rejects.toMatchObject({ code: 'provider_unavailable' });
  });

  test('may be silent for longer than a call, and ends with its signal', async () => {
    await using fake = await startFakeEngine((_, response) => {
      response.writeHead(200).flushHeaders();
    }, 50);
    const controller = new AbortController();
    const reading = collect(await open(fake.engine, { signal: controller.signal }));
    setTimeout(() => controller.abort(new Error('enough')), 150);
    await expect(reading).rejects.toThrow('enough');
  });

  test('is closed when its reader leaves', async () => {
    const closed = Promise.withResolvers<void>();
    await using fake = await startFakeEngine((_, response) => {
      response.on('close', () => closed.resolve());
      response.write('{"n":1}\n');
    });
    for await (const event of await open(fake.engine)) {
      expect(event).toEqual({ n: 1 });
      break;
    }
    await closed.promise;
  });
});
