import { parseAttemptId, type LogRecord } from '@hodei/domain';
import { expect, test } from 'vitest';

import { lastLines } from '../src/output/last-lines.ts';

const ATTEMPT = parseAttemptId('01890a5d-ac96-774b-bcce-b302099a8057');

async function* records(...texts: readonly string[]): AsyncGenerator<LogRecord> {
  let offset = 0;
  for (const [index, text] of texts.entries()) {
    const bytes = Buffer.from(text);
    yield { attemptId: ATTEMPT, seq: index + 1, stream: 'stdout', offset, bytes, at: 0 };
    offset += bytes.length;
  }
}

const tail = async (lines: number, ...texts: readonly string[]): Promise<string> =>
  Buffer.concat((await lastLines(records(...texts), lines)).map(({ bytes }) => bytes)).toString();

test.each([
  [1, ['a\nb\nc\n'], 'c\n'],
  [2, ['a\nb\nc\n'], 'b\nc\n'],
  [9, ['a\nb\n'], 'a\nb\n'],
  [1, ['a\nb'], 'b'],
  [2, ['a\nb'], 'a\nb'],
  [1, ['one ', 'line', ' in ', 'pieces\n'], 'one line in pieces\n'],
  [1, ['a\n', 'b', '\n'], 'b\n'],
  [1, ['a', '\n'], 'a\n'],
  [2, ['a\n', '\n', '\n'], '\n\n'],
  [0, ['a\nb'], ''],
  [3, [], ''],
])('the last %i lines of %j are %j', async (lines, texts, expected) => {
  expect(await tail(lines, ...texts)).toBe(expected);
});

test('a record that is cut says where it begins', async () => {
  expect(await lastLines(records('xyz\n', 'a\nb\n'), 1)).toMatchObject([{ seq: 2, offset: 6 }]);
});

test('no more is kept than is given back', async () => {
  const lines = Array.from({ length: 10_000 }, (_, index) => `${index}\n`);
  const kept = await lastLines(records(...lines), 3);
  expect(kept.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(['9997\n', '9998\n', '9999\n']);
});
