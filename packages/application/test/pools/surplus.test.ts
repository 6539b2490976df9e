import type { Pool } from '@hodei/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { PoolWorker } from '../../src/pools/pool-worker.ts';
import { surplusOf } from '../../src/pools/surplus.ts';
import { startControlPlane, type TestControlPlane } from '../support/control-plane.ts';

const NOW = 10_000;
const TTL_MS = 1000;

describe('of the workers that wait go', () => {
  let plane: TestControlPlane;
  let pool: Pool;
  /** The longest waiting first: each is a millisecond younger than the one before it. */
  let waiting: readonly PoolWorker[];
  beforeAll(async () => {
    plane = await startControlPlane({
      pools: [{ name: 'warm', template: { image: 'busybox' }, minIdle: 4, idleTtlMs: TTL_MS }],
    });
    const [first] = plane.idle.pools;
    if (first === undefined) throw new Error('there is no pool');
    pool = first;
    waiting = plane.idle.waiting('warm').map((worker, index) => ({
      ...worker,
      expiresAt: NOW + 1,
      idleSince: NOW - TTL_MS - 1 + index,
    }));
  });
  afterAll(async () => {
    await plane[Symbol.asyncDispose]();
  });
  const gone = (target: number, maxIdle = 10, workers = waiting): readonly (readonly [number, string])[] =>
    surplusOf(workers, pool, { target, maxIdle }, NOW).map(({ worker, cause }) => [
      waiting.findIndex(({ workerId }) => workerId === worker.workerId),
      cause,
    ]);
  const withFirst = (given: Partial<PoolWorker>): readonly PoolWorker[] =>
    waiting.map((worker, index) => (index === 0 ? { ...worker, ...given } : worker));

  it('none that is wanted', () => {
    expect(gone(4)).toEqual([]);
  });

  it('the longest waiting of those that are not wanted, once they waited long enough', () => {
    expect(gone(3)).toEqual([[0, 'retired']]);
    // The third and fourth have waited for less than that.
    expect(gone(0)).toEqual([
      [0, 'retired'],
      [1, 'retired'],
    ]);
  });

  it('at once those over the bound', () => {
    expect(gone(0, 1)).toEqual([
      [0, 'retired'],
      [1, 'retired'],
      [2, 'retired'],
    ]);
  });

  it('those of another template, and those whose time is over', () => {
    expect(gone(4, 10, withFirst({ template: { ...pool.template } }))).toEqual([[0, 'retired']]);
    expect(gone(4, 10, withFirst({ expiresAt: NOW }))).toEqual([[0, 'retired']]);
    // It makes up for one that is not wanted.
    expect(gone(3, 3, withFirst({ expiresAt: NOW }))).toEqual([[0, 'retired']]);
  });

  it('those that no order can reach any more', async () => {
    const dead = waiting[2];
    if (dead === undefined) throw new Error('too few wait');
    plane.engine.killWorker(dead.workerId);
    expect(gone(4)).toEqual([]);
    await plane.clock.advance(6);
    expect(gone(4)).toEqual([[2, 'worker_lost']]);
  });
});
