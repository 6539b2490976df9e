import { HodeiClient } from '@hodei/client';
import { parseJobId } from '@hodei/domain';
import { expect, test } from 'vitest';

import { waitForEnd } from '../src/remote/wait-for-end.ts';

const ID = '01890a5d-ac96-774b-bcce-b302099a8057';
const BASE = { id: ID, createdAt: '2026-01-01T00:00:00.000Z', queue: 'default', spec: {} };
const attempt = (number: number) => ({
  id: ID,
  number,
  workerId: ID,
  providerId: ID,
  phases: {},
  durationsMs: {},
  outputBytes: {},
  outputGaps: [],
  warnings: [],
});

test('who waits is told what for, and of each attempt that is tried again, once', async () => {
  const answers = [
    { ...BASE, state: 'pending', waitingFor: 'its turn', attempts: [] },
    { ...BASE, state: 'running', attempts: [attempt(1)] },
    { ...BASE, state: 'pending', waitingFor: 'its next try', attempts: [attempt(1)] },
    { ...BASE, state: 'running', attempts: [attempt(1), attempt(2)] },
    { ...BASE, state: 'failed', attempts: [attempt(1), attempt(2), attempt(3)] },
  ];
  const waits: (string | null)[] = [];
  const client = new HodeiClient({
    baseUrl: 'http://server.test',
    fetch: (input) => {
      waits.push(new URL(input instanceof Request ? input.url : input).searchParams.get('wait'));
      return Promise.resolve(Response.json(answers[waits.length - 1]));
    },
  });
  const told: unknown[] = [];
  const { job } = await waitForEnd(client, parseJobId(ID), {
    onWaiting: (words) => told.push(words),
    onRetry: ({ number }) => told.push(number),
  });
  expect(job.state).toBe('failed');
  expect(told).toEqual(['its turn', 1, 'its next try', 2]);
  // A job that waits is looked at more often than one that runs; each of them lasts while the server is away.
  expect(waits).toEqual(['0s', '1s', '30s', '1s', '30s']);
});
