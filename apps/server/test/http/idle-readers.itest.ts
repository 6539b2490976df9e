import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { submitJob } from '@hodei/application';
import { expect, it, vi } from 'vitest';

import { startMemoryApi } from '../support/memory-api.ts';

const READERS = 1000;

setFlagsFromString('--expose-gc');
// V8's own, which this process was not started with.
const collectGarbage = runInNewContext('gc') as () => void;

const usedBytes = (): number => {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

/** Opens as many readers of a path, in a process of its own, so that what they take is not counted here. */
const readers = (port: string, path: string) =>
  spawn(
    process.execPath,
    [
      '-e',
      `const net = require('node:net');
       for (let i = 0; i < ${READERS}; i += 1) {
         const socket = net.connect(${port}, '127.0.0.1');
         socket.write('GET ${path} HTTP/1.1\\r\\nhost: localhost\\r\\n\\r\\n');
         socket.resume();
       }`,
    ],
    { stdio: 'inherit' },
  );

it.each([
  ['of events', () => '/v1/events'],
  ['of a job', (jobId: string) => `/v1/jobs/${jobId}/logs?follow=true`],
])('a thousand idle readers %s take a bounded amount of memory each, and give it back', async (_, pathOf) => {
  await using api = await startMemoryApi();
  const url = await api.app.listen({ host: '127.0.0.1', port: 0 });
  const job = await submitJob(api.plane.context, { command: ['true'], notBefore: Date.now() + 3_600_000 });
  const before = usedBytes();
  const child = readers(new URL(url).port, pathOf(job.id));
  try {
    await vi.waitFor(() => expect(api.streams.taken).toBe(READERS), { timeout: 20_000 });
    const perReader = (usedBytes() - before) / READERS;
    // Measured: 23 KB, so the most that one process serves (2,000) take 47 MB.
    expect(perReader).toBeGreaterThan(1000);
    expect(perReader).toBeLessThan(40_000);
  } finally {
    child.kill('SIGKILL');
  }
  await once(child, 'close');
  await vi.waitFor(() => expect(api.streams.taken).toBe(0), { timeout: 20_000 });
  expect((usedBytes() - before) / READERS).toBeLessThan(10_000);
});
