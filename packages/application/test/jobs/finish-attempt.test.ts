import { describe, expect, it } from 'vitest';

import { finishAttempt } from '../../src/attempts/finish-attempt.ts';
import { World } from '../support/two-planes.ts';

/** An attempt of a job that runs, whose instance has died; what it had is at hand. */
async function leftRunning() {
  const world = new World();
  const first = await world.start('first');
  const id = await world.submitTo(first, { command: ['wait'] });
  await world.clock.advance(1000);
  first.crash();
  const [attempt] = await world.repositories.attempts.listByJob(id);
  if (attempt === undefined) throw new Error('it has no attempt');
  return { world, attempt, context: { ...first.context, repositories: world.repositories } };
}

describe('a launch that is to be recorded with its end', () => {
  it('is recorded already, where somebody was quicker, and the end stands', async () => {
    const { world, attempt, context } = await leftRunning();
    const { state, startedAt } = await world.repositories.jobs.get(attempt.jobId);
    expect(state).toBe('running');
    const outcome = { cause: 'exited', evidence: { exitCode: 0 } } as const;
    const followed = { outcome, launch: { warnings: [], at: world.clock.now() } };
    const job = await finishAttempt(context, attempt, followed, {});
    expect(job).toMatchObject({ state: 'succeeded', startedAt });
    await world.close();
  });
});

describe('a job that is to be cancelled', () => {
  it('was cancelled, where its attempt ended by a fault that would else be made good by another one', async () => {
    const { world, attempt, context } = await leftRunning();
    await world.repositories.jobs.requestCancel({ jobId: attempt.jobId, by: 'me', at: world.clock.now() });
    const outcome = { cause: 'never_launched', evidence: { message: 'its instance died' } } as const;
    const job = await finishAttempt(context, attempt, { outcome }, {});
    expect(job).toMatchObject({ state: 'cancelled', outcome: { cause: 'cancelled', evidence: { by: 'me' } } });
    await world.close();
  });
});
