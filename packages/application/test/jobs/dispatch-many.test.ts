import { expect, it, vi } from 'vitest';

import { pauseQueue, resumeQueue, submitJob } from '../../src/index.ts';
import { startControlPlane } from '../support/control-plane.ts';

it('takes all that waits, however many they are, once it may', async () => {
  const count = 350;
  await using plane = await startControlPlane({ engine: { startMs: 1 }, policy: { maxConcurrentJobs: count } });
  await plane.context.registry.update(plane.provider.id, { maxWorkers: count });
  await pauseQueue(plane.context, 'default');
  for (let submitted = 0; submitted < count; submitted += 1) await submitJob(plane.context, { command: ['wait'] });
  await resumeQueue(plane.context, 'default');
  // Sooner than the store is looked at without any change.
  await plane.clock.advance(2000);
  expect((await plane.context.repositories.jobs.countByState()).running).toBe(count);
  for (const { workerId } of plane.engine.workers()) plane.engine.killWorker(workerId);
  await plane.until(plane.runner.idle());
});

it('claims nothing because a job ends while none waits, and at once while one does', async () => {
  await using plane = await startControlPlane({ engine: { startMs: 1 }, policy: { maxConcurrentJobs: 2 } });
  const claims = vi.spyOn(plane.context.repositories.jobs, 'claimPending');
  const running = async (count: number): Promise<void> => {
    await plane.clock.advance(200);
    expect((await plane.context.repositories.jobs.countByState()).running).toBe(count);
  };
  const endFirst = async (): Promise<void> => {
    const [first] = plane.engine.workers();
    if (first !== undefined) plane.engine.killWorker(first.workerId);
    await plane.clock.advance(200);
  };
  for (let submitted = 0; submitted < 3; submitted += 1) await submitJob(plane.context, { command: ['wait'] });
  await running(2);
  claims.mockClear();
  await endFirst();
  expect(claims).toHaveBeenCalled();
  await running(2);
  claims.mockClear();
  await endFirst();
  await running(1);
  expect(claims).not.toHaveBeenCalled();
  await endFirst();
  await plane.until(plane.runner.idle());
});
