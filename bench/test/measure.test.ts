import { describe, expect, it } from 'vitest';

import { interleave } from '../src/measure/interleave.ts';
import { above, atLeast, atMost, atMostTimes, toRow } from '../src/measure/row.ts';
import { percentile, spreadOf } from '../src/measure/statistics.ts';
import { parseOptions } from '../src/options.ts';
import { formatTable } from '../src/report/format-table.ts';
import { settle } from '../src/world/settle.ts';

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  it('is the sample below which that share lies', () => {
    expect([percentile(hundred, 0.5), percentile(hundred, 0.99), percentile([7], 0.99)]).toEqual([50, 99, 7]);
  });

  it('refuses to say anything of nothing', () => {
    expect(() => percentile([], 0.5)).toThrow(RangeError);
  });

  it('takes the bad end: of times the long ones, of rates the slow ones', () => {
    expect(spreadOf(hundred)).toEqual({ p50: 50, p99: 99 });
    expect(spreadOf(hundred, 'low')).toEqual({ p50: 50, p99: 1 });
  });
});

it('sides take turns, and the first rounds are thrown away', async () => {
  const order: string[] = [];
  const side = (name: string) => async (): Promise<number> => order.push(name);
  const samples = await interleave({ a: side('a'), b: side('b') }, { rounds: 2, warmUp: 1 });
  expect(order.join('')).toBe('ababab');
  expect(samples).toEqual({ a: [3, 5], b: [4, 6] });
});

describe('a row', () => {
  const row = { name: 'r', what: 'w', unit: 'ms' };

  it('compares medians with the other side', () => {
    const { ratio, met, target } = toRow({
      ...row,
      ours: [2, 3, 4],
      against: { name: 'it', samples: [6] },
      target: atMostTimes(0.5),
    });
    expect({ ratio, met, target }).toEqual({ ratio: 0.5, met: true, target: 'at most 0.5 times' });
  });

  it('judges only what has a target, and says where it is missed', () => {
    expect(toRow({ ...row, ours: [1] })).toMatchObject({ met: null, target: null, ratio: null, against: null });
    expect(toRow({ ...row, ours: [1], target: above }).met).toBe(false);
    expect(toRow({ ...row, ours: [9], target: atMost(8) }).met).toBe(false);
    expect(toRow({ ...row, ours: [9], target: atLeast(9) }).met).toBe(true);
    expect(formatTable([toRow({ ...row, ours: [1234.5], target: atMost(8) })])).toContain(
      '| w | 1,235 (1,235) ms |  |  |  | at most 8 | **no** |',
    );
  });
});

describe('the command line', () => {
  it('writes the page only where everything is measured', () => {
    expect(parseOptions([], ['a', 'b'])).toEqual({ names: ['a', 'b'], quick: false, writesDocs: true });
    expect(parseOptions(['b', 'a', '--quick', '--json', 'f'], ['a', 'b', 'c'])).toEqual({
      names: ['a', 'b'],
      quick: true,
      writesDocs: false,
      json: 'f',
    });
  });

  it('names what there is to measure', () => {
    expect(() => parseOptions(['d'], ['a', 'b'])).toThrow('there is no benchmark "d"; there are a, b');
  });
});

it('a part begins when the processors are at rest, and not before', async () => {
  const inUse = [0.9, 0.5, 0.02, 0.01];
  await settle(async () => inUse.shift() ?? 0);
  expect(inUse).toEqual([0.01]);
});
