import { describe, expect, test } from 'vitest';

import { BoundedQueue } from '../../../src/docker/support/bounded-queue.ts';

interface Value {
  readonly n: number;
}

async function take(queue: BoundedQueue<Value>, count: number): Promise<readonly number[]> {
  const taken: number[] = [];
  for await (const { n } of queue) if (taken.push(n) === count) break;
  return taken;
}

describe('a bounded queue', () => {
  test('hands on what is put in before and while it is read', async () => {
    const queue = new BoundedQueue<Value>(10, () => ({ n: -1 }));
    queue.push({ n: 1 });
    const taking = take(queue, 2);
    queue.push({ n: 2 });
    expect(await taking).toEqual([1, 2]);
  });

  test('says that some were lost where its reader is too slow, and goes on from there', async () => {
    const queue = new BoundedQueue<Value>(2, () => ({ n: -1 }));
    for (const n of [1, 2, 3, 4]) queue.push({ n });
    expect(await take(queue, 2)).toEqual([-1, 4]);
  });

  test('ends a reader that waits', async () => {
    const queue = new BoundedQueue<Value>(2, () => ({ n: -1 }));
    const taking = take(queue, 1);
    queue.end();
    expect(await taking).toEqual([]);
  });
});
