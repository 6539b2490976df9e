import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';

import { submitJob } from '@hodei/application';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { HttpServer } from '../../src/http/http-server.ts';
import { startMemoryApi, type MemoryApi } from '../support/memory-api.ts';
import { openSse } from '../support/sse-client.ts';

const MOST_SOCKETS = 20;

let api: MemoryApi;
let url: string;

beforeAll(async () => {
  api = await startMemoryApi({
    limits: {
      maxConnections: MOST_SOCKETS,
      headersTimeoutMs: 300,
      requestTimeoutMs: 600,
      idleTimeoutMs: 800,
      heartbeatMs: 50,
      maxStreams: 3,
    },
  });
  url = await api.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => api[Symbol.asyncDispose]());

const dial = async (): Promise<Socket> => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  return socket;
};
/** Writes a piece and then nothing more; what the server answers before it hangs up. */
const say = async (words: string): Promise<string> => {
  const socket = await dial();
  socket.on('error', () => undefined);
  socket.write(words);
  return text(socket);
};
const problemOf = (answer: string): unknown => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));

describe('a client that is slow', () => {
  it.each([
    ['to send anything', ''],
    ['with its headers', 'GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-slow: '],
    [
      'with its body',
      'POST /v1/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
    ],
  ])('%s is hung up on', async (_, words) => {
    const answer = await say(words);
    expect(problemOf(answer)).toMatchObject({ status: 408, code: 'limit_exceeded' });
  });

  it('to read a stream is cut off, and never gets to the end', async () => {
    const chunk = 'x'.repeat(1000);
    const job = await submitJob(api.plane.context, { command: ['repeat', chunk, String(30 * 1024 * 1024)] });
    const { response } = await openSse(`${url}/v1/jobs/${job.id}/logs?follow=true`);
    response.pause();
    await vi.waitFor(() => expect(api.streams.taken).toBe(0), { timeout: 20_000 });
    // It never got to the end.
    response.on('error', () => undefined).resume();
    await new Promise((resolve) => response.once('close', resolve));
    expect(response.complete).toBe(false);
  });
});

describe('a client that waits for a job and is gone', () => {
  it('is waited for no longer', async () => {
    const sleep = vi.spyOn(api.plane.context.clock, 'sleep');
    const wait = () => sleep.mock.calls.find(([durationMs]) => durationMs === 299_000)?.[1];
    const gone = new AbortController();
    const asked = fetch(`${url}/v1/jobs?wait=299s`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ command: ['true'], notBefore: '2999-01-01T00:00:00Z' }),
      signal: gone.signal,
    });
    await vi.waitFor(() => expect(wait()?.aborted).toBe(false));
    gone.abort();
    await expect(asked).rejects.toThrow('aborted');
    await vi.waitFor(() => expect(wait()?.aborted).toBe(true));
    sleep.mockRestore();
  });
});

describe('requests that are none', () => {
  it.each([
    ['garbage', 'hello\r\n\r\n'],
    ['two lengths', 'POST /v1/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}'],
    [
      'a length and chunks at once (request smuggling)',
      'POST /v1/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a header over two lines', 'GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: a\r\n b\r\n\r\n'],
    ['a header without a name', 'GET /healthz HTTP/1.1\r\nhost: localhost\r\n: b\r\n\r\n'],
    [
      'an expectation of something else',
      'GET /healthz HTTP/1.1\r\nhost: localhost\r\nexpect: x\r\nconnection: close\r\n\r\n',
    ],
    ['a method that is none', 'BREW /v1/jobs HTTP/1.1\r\nhost: localhost\r\n\r\n'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['two hosts', 'GET /v1/jobs HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\nconnection: close\r\n\r\n'],
    ['no host', 'GET /v1/jobs HTTP/1.1\r\nconnection: close\r\n\r\n'],
  ])('%s: refused', async (_, words) => {
    const answer = await say(words);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(answer).toContain('urn:hodei:error:');
  });

  it.each([
    ['too large', `x: ${'x'.repeat(20_000)}`],
    ['too many', Array.from({ length: 101 }, (_, index) => `x${index}: x`).join('\r\n')],
  ])('headers that are %s are refused', async (_, headers) => {
    const answer = await say(`GET /healthz HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n\r\n`);
    expect(problemOf(answer)).toMatchObject({ status: 431, code: 'limit_exceeded' });
  });

  it('sockets that are more than the most are hung up on, and the others are answered', async () => {
    const open = await Promise.all(Array.from({ length: MOST_SOCKETS + 5 }, dial));
    let closed = 0;
    for (const socket of open) socket.once('close', () => (closed += 1)).on('error', () => undefined);
    await vi.waitFor(() => expect(closed).toBeGreaterThanOrEqual(5));
    const [first = api.app.server] = open.filter((socket) => !socket.destroyed);
    const answered = once(first, 'data');
    for (const socket of open) socket.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n');
    const answer = await answered;
    expect(String(answer[0])).toMatch(/^HTTP\/1\.1 200 /);
    for (const socket of open) socket.destroy();
  });
});

describe('streams', () => {
  it('say that they are alive, and are no more than the most', async () => {
    const job = await submitJob(api.plane.context, { command: ['wait'] });
    const logs = `${url}/v1/jobs/${job.id}/logs?follow=true&after=1000000`;
    const open = [await openSse(logs), await openSse(logs), await openSse(`${url}/v1/events`)];
    await expect(openSse(logs)).rejects.toThrow(/503.*"unavailable"/);
    const [first] = open;
    const ending = (async (): Promise<void> => {
      for await (const _ of first ?? []);
    })();
    while ((first?.comments() ?? 0) < 3) await once(first?.response ?? api.app.server, 'data');
    for (const each of open) each.close();
    await ending.catch(() => undefined);
    const cancel = await fetch(`${url}/v1/jobs/${job.id}/cancel?force=true`, { method: 'POST' });
    expect(cancel.status).toBe(200);
  });
});

describe('a server that ends', () => {
  it('ends its streams, finishes its requests, and takes no more', async () => {
    const { context, runner } = api.plane;
    const server = await HttpServer.listen({
      address: { host: '127.0.0.1', port: 0 },
      clock: context.clock,
      diagnostics: context.diagnostics,
      tokens: context.repositories.tokens,
      version: '1',
    });
    const base = server.url;
    const over = new AbortController();
    expect(await (await fetch(`${server.url}/v1/jobs`)).json()).toMatchObject({ code: 'unavailable' });
    server.begin({ context, runner, sealingKey: new Uint8Array(32), over: over.signal });
    const job = await submitJob(context, { command: ['wait'] });
    const stream = await openSse(`${server.url}/v1/jobs/${job.id}/logs?follow=true`);
    const waiting = fetch(`${server.url}/v1/jobs/${job.id}?wait=5m`);
    const events: string[] = [];
    for await (const { event } of stream) {
      events.push(event);
      // It has begun to run; the other request waits by now, or is answered at once.
      server.drain();
      expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
      over.abort();
    }
    expect(events).toEqual(['output']);
    expect(await (await waiting).json()).toMatchObject({ id: job.id, state: 'running' });
    await server[Symbol.asyncDispose]();
    await expect(fetch(`${base}/healthz`)).rejects.toThrow('fetch failed');
    await fetch(`${url}/v1/jobs/${job.id}/cancel?force=true`, { method: 'POST' });
  });

  it.each(['0.0.0.0', '::', '::ffff:127.0.0.1', 'my-host.example', 'localhost.example'])(
    'does not listen at %s, where others can reach it, as long as there is no token',
    async (host) => {
      const { context } = api.plane;
      const listen = HttpServer.listen({
        address: { host, port: 0 },
        clock: context.clock,
        diagnostics: context.diagnostics,
        tokens: context.repositories.tokens,
        version: '1',
      });
      await expect(listen).rejects.toMatchObject({
        code: 'config_invalid',
        message: expect.stringMatching(`HODEI_LISTEN is ${host},.*tokens create`),
      });
    },
  );
});
