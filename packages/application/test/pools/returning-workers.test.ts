import { checkJobInput, parseWorkerId, type JobInput, type PoolTemplate } from '@hodei/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { AwaitingJobs } from '../../src/pools/awaiting-jobs.ts';
import type { Taker } from '../../src/pools/may-take.ts';
import type { PoolWorker } from '../../src/pools/pool-worker.ts';
import { ReturningWorkers } from '../../src/pools/returning-workers.ts';
import { startControlPlane, type TestControlPlane } from '../support/control-plane.ts';

const NOW = 1000;
const JOB_MS = 10;
const START_MS = 105;

let plane: TestControlPlane;
let worker: PoolWorker;
beforeAll(async () => {
  plane = await startControlPlane({
    pools: [{ name: 'warm', template: { image: 'busybox' }, maxJobsPerWorker: 100 }],
  });
  const [waiting] = plane.idle.waiting('warm');
  if (waiting === undefined) throw new Error('no worker waits');
  worker = { ...waiting, expiresAt: NOW * 2, idleSince: NOW };
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

describe('of the workers that run a job is expected', () => {
  /** A pool whose jobs take {@link JOB_MS}, and two workers that run a job of tenant a since now. */
  const expected = (given: Partial<PoolWorker> = {}, now = NOW, forTenant?: { readonly name: string | undefined }) => {
    const returning = new ReturningWorkers();
    returning.began(worker, 'a', NOW - JOB_MS);
    returning.ended(worker.workerId, NOW);
    for (let i = 1; i <= 2; i += 1) {
      const workerId = parseWorkerId(`00000000-0000-4000-8000-00000000000${i}`);
      returning.began({ ...worker, workerId, ...given }, 'a', NOW);
    }
    const pool = { name: 'warm', template: worker.template, maxJobsPerWorker: 5 };
    const { workers, jobs } = returning.expected(pool, now, START_MS, forTenant);
    return { workers, jobs };
  };
  const NOBODY = { workers: 0, jobs: 0 };

  it('each, with as many jobs as fit into a start, and as it may still run', () => {
    expect(expected({ jobsRun: 0 })).toEqual({ workers: 2, jobs: 8 });
    expect(expected({ jobsRun: 2 })).toEqual({ workers: 2, jobs: 4 });
    expect(expected({ jobsRun: -20 })).toEqual({ workers: 2, jobs: 20 });
    expect(expected({ jobsRun: 4 })).toEqual(NOBODY);
  });

  it('none that takes longer than its like, nor of another template, nor at the end of its life', () => {
    expect(expected({}, NOW + JOB_MS + 1)).toEqual(NOBODY);
    expect(expected({ template: { ...worker.template } satisfies PoolTemplate })).toEqual(NOBODY);
    expect(expected({ expiresAt: NOW })).toEqual(NOBODY);
    expect(expected({ reusable: false })).toEqual(NOBODY);
  });

  it('for a job those of its tenant', () => {
    expect(expected({}, NOW, { name: 'a' })).toMatchObject({ workers: 2 });
    expect(expected({}, NOW, { name: 'b' })).toEqual(NOBODY);
    expect(expected({}, NOW, { name: undefined })).toEqual(NOBODY);
  });
});

describe('a worker that comes back', () => {
  const taker = (input: JobInput = {}): Taker => ({
    spec: checkJobInput({ command: ['true'], ...input }, 'busybox').spec,
    admits: () => true,
  });
  const never = new Promise<void>(() => undefined);

  it('goes to the first job that waits for it and may take it', async () => {
    const jobs = new AwaitingJobs();
    const served = { ...worker, servedTenant: { name: 'a' } };
    void jobs.wait(taker({ tenant: 'b' }), never);
    void jobs.wait(taker({ tenant: 'a', network: 'bridge' }), never);
    expect(jobs.firstFor(served)).toBeUndefined();
    const first = jobs.wait(taker({ tenant: 'a' }), never);
    void jobs.wait(taker({ tenant: 'a' }), never);
    expect(jobs.countFitting(worker.template)).toBe(3);
    jobs.firstFor(served)?.take(served);
    expect(await first).toBe(served);
    expect(jobs.countFitting(worker.template)).toBe(2);
  });

  it('goes to none that waits no more', async () => {
    const jobs = new AwaitingJobs();
    expect(await jobs.wait(taker(), Promise.resolve())).toBeUndefined();
    expect(await jobs.wait(taker(), Promise.reject(new Error('over')))).toBeUndefined();
    expect(jobs.firstFor(worker)).toBeUndefined();
  });
});
