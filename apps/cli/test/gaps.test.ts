import { gapChunk, parseAttemptId, type LogRecord } from '@hodei/domain';
import { expect, test } from 'vitest';

import { copyOutput } from '../src/output/copy-output.ts';
import { lastLines } from '../src/output/last-lines.ts';
import { recordToJson } from '@hodei/server';
import type { Sink } from '../src/output/sink.ts';
import { createGapTeller } from '../src/output/tell-gaps.ts';

const attemptId = parseAttemptId('01890a5d-ac96-774b-bcce-b302099a8057');
const bytes = (seq: number, offset: number, text: string): LogRecord => ({
  attemptId,
  seq,
  stream: seq % 2 === 0 ? 'stderr' : 'stdout',
  offset,
  bytes: Buffer.from(text),
  at: 0,
});
const gap = (seq: number, ...[place, ...missing]: Parameters<typeof gapChunk>): LogRecord => ({
  ...gapChunk(place, ...missing),
  attemptId,
  seq,
});
const RECORDS = [
  bytes(1, 0, 'out\n'),
  gap(3, { stream: 'stdout', offset: 4, at: 0 }, 'log_lost', 12),
  bytes(5, 16, 'more'),
  bytes(2, 0, 'err'),
  gap(4, { stream: 'stderr', offset: 3, at: 0 }, 'worker_lost'),
  gap(7, { stream: 'stdout', offset: 20, at: 0 }, 'over_limit', 5),
  gap(7, { stream: 'stdout', offset: 20, at: 0 }, 'over_limit', 500),
];

async function* iterate(records: readonly LogRecord[]): AsyncGenerator<LogRecord> {
  yield* records;
}

function sink(): { readonly sink: Sink; readonly text: () => string } {
  let written = '';
  return {
    sink: {
      write: async (data) => {
        written += Buffer.from(data).toString();
      },
    },
    text: () => written,
  };
}

test('gaps are told in our own words, on lines of their own, and never among the bytes', async () => {
  const [out, err] = [sink(), sink()];
  await copyOutput(iterate(RECORDS), { stdout: out.sink, stderr: err.sink }, { onGap: createGapTeller(err.sink) });
  expect(out.text()).toBe('out\nmore');
  expect(err.text()).toBe(
    [
      `hodei: 12 bytes of stdout are missing here: the engine's log does not have them any more`,
      `err`,
      `hodei: an unknown number of bytes of stderr may be missing here: the worker vanished before all was read`,
      `hodei: stdout is cut off here: the job has written more than is kept of it (5 bytes more)`,
      `hodei: stdout was cut off: 500 bytes were dropped in all`,
      ``,
    ].join('\n'),
  );
});

test('nobody who does not want them is told', async () => {
  const [out, err] = [sink(), sink()];
  await copyOutput(iterate(RECORDS), { stdout: out.sink, stderr: err.sink });
  expect([out.text(), err.text()]).toEqual(['out\nmore', 'err']);
});

test('the last lines keep the gaps among them', async () => {
  const last = await lastLines(iterate(RECORDS), 1);
  expect(last.map(({ seq }) => seq)).toEqual([3, 5, 2, 4, 7, 7]);
});

test('a gap is a record of its own as JSON', () => {
  expect(RECORDS.slice(0, 2).map(recordToJson)).toEqual([
    { seq: 1, attemptId, stream: 'stdout', offset: 0, at: '1970-01-01T00:00:00.000Z', base64: 'b3V0Cg==' },
    {
      seq: 3,
      attemptId,
      stream: 'stdout',
      offset: 4,
      at: '1970-01-01T00:00:00.000Z',
      gap: { reason: 'log_lost', lostBytes: 12 },
    },
  ]);
});
