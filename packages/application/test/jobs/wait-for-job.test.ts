import { describe, expect, it } from 'vitest';

import { submitJob, waitForJob } from '../../src/index.ts';
import { overriding } from '../simulation/overriding.ts';
import { startControlPlane } from '../support/control-plane.ts';
import { World } from '../support/two-planes.ts';

describe('who waits for a job', () => {
  it('that ends in this process reads its row once, and has it as it is stored', async () => {
    await using plane = await startControlPlane();
    const { id } = await submitJob(plane.context, { command: ['slowly', '100', '3', 'out'] });
    const { repositories, hub } = plane.context;
    let reads = 0;
    const jobs = overriding(repositories.jobs, {
      get: (jobId) => {
        reads += 1;
        return repositories.jobs.get(jobId);
      },
    });
    const job = await plane.until(waitForJob({ repositories: { ...repositories, jobs }, hub }, id));
    expect(reads).toBe(1);
    expect(job).toEqual(await repositories.jobs.get(id));
    expect(job.state).toBe('failed');
  });

  it('that ends in another process has it too', async () => {
    const world = new World();
    const first = await world.start('first');
    const second = await world.start('second');
    const id = await world.submitTo(first, { command: ['slowly', '100', '3', 'out'] });
    const job = await world.clock.runUntilSettled(waitForJob(second.context, id));
    expect(job).toEqual(await world.repositories.jobs.get(id));
    expect(job.state).toBe('failed');
    await world.close();
  });
});
