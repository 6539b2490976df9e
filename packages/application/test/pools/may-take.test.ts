import { checkJobInput, type JobInput } from '@hodei/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { mayTake } from '../../src/pools/may-take.ts';
import type { PoolWorker } from '../../src/pools/pool-worker.ts';
import { startControlPlane, type TestControlPlane } from '../support/control-plane.ts';

const NOW = 1000;

describe('a worker that waits may take a job that fits', () => {
  let plane: TestControlPlane;
  let worker: PoolWorker;
  beforeAll(async () => {
    plane = await startControlPlane({ pools: [{ name: 'warm', template: { image: 'busybox' } }] });
    const [waiting] = plane.idle.waiting('warm');
    if (waiting === undefined) throw new Error('no worker waits');
    worker = { ...waiting, expiresAt: NOW + 1 };
  });
  afterAll(async () => {
    await plane[Symbol.asyncDispose]();
  });
  const may = (given: Partial<PoolWorker> = {}, input: JobInput = {}, admits = true): boolean => {
    const { spec } = checkJobInput({ command: ['true'], ...input }, 'busybox');
    return mayTake({ ...worker, ...given }, { spec, admits: () => admits }, NOW);
  };

  it('of any tenant, once it served one of that tenant', () => {
    expect([may(), may({}, { tenant: 'a' })]).toEqual([true, true]);
    const served = { servedTenant: { name: 'a' } };
    expect([may(served, { tenant: 'a' }), may(served, { tenant: 'b' }), may(served)]).toEqual([true, false, false]);
    const servedNone = { servedTenant: { name: undefined } };
    expect([may(servedNone), may(servedNone, { tenant: 'a' })]).toEqual([true, false]);
  });

  it('until the last part of its life', () => {
    expect(may({ expiresAt: NOW })).toBe(false);
  });

  it('where its provider takes the job now', () => {
    expect(may({}, {}, false)).toBe(false);
  });

  it('with stdin, unless it is reusable', () => {
    const stdin = new Uint8Array([1]);
    expect([may({}, { stdin }), may({ reusable: true }, { stdin }), may({ reusable: true })]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('until its provider sees that its connection ended', async () => {
    plane.engine.killWorker(worker.workerId);
    expect(may()).toBe(true);
    await plane.clock.advance(6);
    expect(may()).toBe(false);
  });
});
