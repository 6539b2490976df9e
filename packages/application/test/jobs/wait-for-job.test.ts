import { describe, expect, it } from 'vitest';

import { ChangeHub, waitForJob } from '../../src/index.ts';
import { overriding } from '../simulation/overriding.ts';
import { startControlPlane } from '../support/control-plane.ts';
import { World } from '../support/two-planes.ts';

describe('who waits for a job', () => {
  it('that ends in this process is handed its end, and does not read its row again', async () => {
    await using plane = await startControlPlane();
    const job = await plane.run({ command: ['slowly', '100', '3', 'out'] });
    const { repositories } = plane.context;
    const hub = new ChangeHub(repositories.changes);
    let reads = 0;
    const jobs = overriding(repositories.jobs, {
      get: () => {
        reads += 1;
        return Promise.resolve({ ...job, state: 'running' });
      },
    });
    const waiting = waitForJob({ repositories: { ...repositories, jobs }, hub }, job.id);
    await plane.clock.settle();
    hub.tellJob({ ...job, state: 'pending' });
    hub.tellJob(job);
    expect(await waiting).toBe(job);
    expect(reads).toBe(1);
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
