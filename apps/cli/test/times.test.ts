import { expect, test } from 'vitest';
import { phaseDurations } from '@hodei/server';

import { formatSize } from '../src/output/format-size.ts';
import { formatAge, formatAgo, formatDuration } from '../src/output/format-time.ts';

test.each([
  [0, '0ms'],
  [999, '999ms'],
  [2400, '2.4s'],
  [59_949, '59.9s'],
  [59_990, '1m00s'],
  [192_000, '3m12s'],
  [3_600_000, '1h00m'],
  [18_180_000, '5h03m'],
  [1_051_200_000, '12d4h'],
])('%i ms is %s', (ms, words) => {
  expect(formatDuration(ms)).toBe(words);
});

test('an age has one unit', () => {
  const ages = [500, 42_000, 180_000, 5 * 3_600_000, 12 * 86_400_000].map((ms) => formatAge(0, ms));
  expect(ages).toEqual(['now', '42s', '3m', '5h', '12d']);
});

test('how long ago something was can be said, also of what was just now', () => {
  expect([500, 42_000].map((ms) => formatAgo(0, ms))).toEqual(['just now', '42s ago']);
});

test('an age is never negative, also where clocks differ', () => {
  expect(formatAge(1000, 0)).toBe('now');
});

test.each([
  [512, '512 B'],
  [1536, '1.5 KiB'],
  [64 * 1024 ** 3, '64 GiB'],
])('%i bytes are %s', (bytes, words) => {
  expect(formatSize(bytes)).toBe(words);
});

test('the phases of an attempt follow each other, and the first byte counts from the launch', () => {
  const phases = {
    claimed: 100,
    imageReady: 103,
    workerReady: 300,
    ordered: 305,
    launched: 308,
    firstByte: 310,
    exited: 408,
    ended: 413,
  };
  expect(phaseDurations(phases)).toEqual([
    { name: 'image', durationMs: 3 },
    { name: 'worker', durationMs: 197 },
    { name: 'record', durationMs: 5 },
    { name: 'launch', durationMs: 3 },
    { name: 'firstByte', durationMs: 2 },
    { name: 'run', durationMs: 100 },
    { name: 'finish', durationMs: 5 },
  ]);
});

test('a phase that was not reached takes no time', () => {
  expect(phaseDurations({ claimed: 1, ended: 9 })).toEqual([{ name: 'finish', durationMs: 8 }]);
  expect(phaseDurations({})).toEqual([]);
});
