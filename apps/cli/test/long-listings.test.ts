import { expect, test } from 'vitest';

import { listAll } from '../src/commands/list-all.ts';

/** A listing of 10,000 rows, and how it was asked for. */
function ofTenThousand(): {
  readonly list: Parameters<typeof listAll<number>>[0];
  readonly asked: (readonly [limit: number | undefined, cursor: string | undefined])[];
} {
  const asked: (readonly [number | undefined, string | undefined])[] = [];
  return {
    asked,
    list: ({ limit, cursor }) => {
      asked.push([limit, cursor]);
      const from = Number(cursor ?? 0);
      const items = Array.from({ length: Math.min(limit, 10_000 - from) }, (_, index) => from + index);
      const next = from + items.length;
      return Promise.resolve(next < 10_000 ? { items, nextCursor: String(next) } : { items });
    },
  };
}

test('a long listing is read page by page, and no more of it than was asked for', async () => {
  const { list, asked } = ofTenThousand();
  expect(await listAll(list, 2500)).toEqual(Array.from({ length: 2500 }, (_, index) => index));
  expect(asked).toEqual([
    [1000, undefined],
    [1000, '1000'],
    [500, '2000'],
  ]);
});

test('all of it is all of it', async () => {
  expect(await listAll(ofTenThousand().list, 1_000_000)).toHaveLength(10_000);
});
