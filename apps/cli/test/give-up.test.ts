import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';

import { LAST_WAIT_MS } from '../src/remote/a-while-after.ts';
import { RemoteBackend } from '../src/remote/remote-backend.ts';

const ID = '01890a5d-ac96-774b-bcce-b302099a8057';

// A server that is asked for a job, and answers when the test says so.
let server: Server;
let backend: RemoteBackend;
beforeAll(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  backend = new RemoteBackend({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
afterEach(() => void vi.useRealTimers());

async function giveUpUnderWay(): Promise<{ readonly submitted: Promise<string>; readonly answer: ServerResponse }> {
  const enough = new AbortController();
  const asked = once(server, 'request') as Promise<[unknown, ServerResponse]>;
  const submitted = backend.submit({ command: ['true'] }, { detach: false, signal: enough.signal });
  submitted.catch(() => undefined);
  const [, answer] = await asked;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  enough.abort(new Error('Ctrl-C'));
  return { submitted, answer };
}

test('a submission that is given up under way is a job all the same, which can then be ended', async () => {
  const { submitted, answer } = await giveUpUnderWay();
  await vi.advanceTimersByTimeAsync(LAST_WAIT_MS - 1);
  const job = { id: ID, state: 'pending', createdAt: '2026-01-01T00:00:00.000Z', attempts: [], spec: {} };
  answer.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(job));
  expect(await submitted).toBe(ID);
});

test('a server that does not answer is not waited for much longer', async () => {
  const { submitted } = await giveUpUnderWay();
  await vi.advanceTimersByTimeAsync(LAST_WAIT_MS);
  await expect(submitted).rejects.toThrow('Ctrl-C');
});

test('what goes wrong after that is told to nobody', async () => {
  const { submitted, answer } = await giveUpUnderWay();
  answer.writeHead(400).end(JSON.stringify({ code: 'invalid_input', status: 400, retryable: false }));
  await expect(submitted).rejects.toThrow('Ctrl-C');
});

test('who has given up before it is sent asks for nothing', async () => {
  const submitted = backend.submit({}, { detach: false, signal: AbortSignal.abort(new Error('Ctrl-C')) });
  await expect(submitted).rejects.toThrow('Ctrl-C');
});
