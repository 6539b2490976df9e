import fc from 'fast-check';
import { expect, it } from 'vitest';

import { sameData } from '../../src/registry/same-data.ts';

it('JSON is the same whatever the order of its keys', () => {
  expect(sameData({ a: 1, b: { c: [1, null], d: 'x' } }, { b: { d: 'x', c: [1, null] }, a: 1 })).toBe(true);
});

it.each([
  [{ a: 1 }, { a: 2 }],
  [{ a: 1 }, { a: 1, b: 2 }],
  [{ a: 1 }, { b: 1 }],
  [
    [1, 2],
    [2, 1],
  ],
  [[], {}],
  [null, {}],
  ['1', 1],
])('%j is not %j', (a, b) => {
  expect(sameData(a, b)).toBe(false);
  expect(sameData(b, a)).toBe(false);
});

it('what JSON carries is what it was', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const value: unknown = JSON.parse(text);
      expect(sameData(value, JSON.parse(text))).toBe(true);
    }),
  );
});
