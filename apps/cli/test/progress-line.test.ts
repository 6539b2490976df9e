import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { createProgressLine } from '../src/output/progress-line.ts';
import { ClosedOutputError, type Sink } from '../src/output/sink.ts';

const CLEAR = '\r\u001b[K';
const paint = (_style: unknown, text: string): string => text;
const terminal = { isTerminal: true, width: 20, paint };
const file = { isTerminal: false, paint };

let written: string;
const sink: Sink = {
  write: (data) => {
    written += Buffer.from(data).toString();
    return Promise.resolve();
  },
};

beforeEach(() => {
  written = '';
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('on a terminal, shows the last of what is waited for on one line, and takes it away', async () => {
  const line = createProgressLine(sink, terminal, false);
  line.show('waiting for one');
  line.show('waiting for another that is long');
  vi.runAllTimers();
  expect(written).toBe(`${CLEAR}waiting for anothe…`);
  await line.end();
  expect(written.endsWith(CLEAR)).toBe(true);
});

test('shows nothing of what is over before anybody could read it', async () => {
  const line = createProgressLine(sink, terminal, false);
  line.show('waiting for a moment');
  await line.end();
  line.show('waiting for nothing');
  vi.runAllTimers();
  expect(written).toBe('');
});

test('a line that stays takes the place of the one that moves', async () => {
  const line = createProgressLine(sink, terminal, false);
  line.show('waiting');
  vi.runAllTimers();
  await line.tell('trying again');
  expect(written).toBe(`${CLEAR}waiting${CLEAR}hodei: trying again\n`);
});

test('elsewhere there are only lines that stay', async () => {
  const line = createProgressLine(sink, file, false);
  line.show('waiting');
  vi.runAllTimers();
  await line.tell('trying again');
  await line.end();
  expect(written).toBe('hodei: trying again\n');
});

test('when quiet, there is nothing', async () => {
  const line = createProgressLine(sink, terminal, true);
  line.show('waiting');
  vi.runAllTimers();
  await line.tell('trying again');
  await line.end();
  expect(written).toBe('');
});

test('a stderr that nobody reads is no reason to fail', async () => {
  const closed: Sink = { write: () => Promise.reject(new ClosedOutputError('EPIPE')) };
  const line = createProgressLine(closed, terminal, false);
  line.show('waiting');
  vi.runAllTimers();
  await line.tell('trying again');
  await line.end();
});
