import { describe, expect, it } from 'vitest';

import { finishAttempt } from '../../src/attempts/finish-attempt.ts';
import { World } from '../support/two-planes.ts';

describe('a launch that is to be recorded with its end', () => {
  it('is recorded already, where somebody was quicker, and the end stands', async () => {
    const world = new World();
    const first = await world.start('first');
    const id = await world.submitTo(first, { command: ['wait'] });
    await world.clock.advance(1000);
    first.crash();
    const [attempt] = await world.repositories.attempts.listByJob(id);
    if (attempt === undefined) throw new Error('it has no attempt');
    const { state, startedAt } = await world.repositories.jobs.get(id);
    expect(state).toBe('running');
    const outcome = { cause: 'exited', evidence: { exitCode: 0 } } as const;
    const followed = { outcome, launch: { warnings: [], at: world.clock.now() } };
    const job = await finishAttempt({ ...first.context, repositories: world.repositories }, attempt, followed, {});
    expect(job).toMatchObject({ state: 'succeeded', startedAt });
    await world.close();
  });
});

describe('a job that is to be cancelled', () => {
  it('was cancelled, where its attempt ended by a fault that would else be made good by another one', async () => {
    const world = new World();
    const first = await world.start('first');
    const id = await world.submitTo(first, { command: ['wait'] });
    await world.clock.advance(1000);
    first.crash();
    await world.repositories.jobs.requestCancel({ jobId: id, by: 'me', at: world.clock.now() });
    const [attempt] = await world.repositories.attempts.listByJob(id);
    if (attempt === undefined) throw new Error('it has no attempt');
    const outcome = { cause: 'never_launched', evidence: { message: 'its instance died' } } as const;
    const job = await finishAttempt({ ...first.context, repositories: world.repositories }, attempt, { outcome }, {});
    expect(job).toMatchObject({ state: 'cancelled', outcome: { cause: 'cancelled', evidence: { by: 'me' } } });
    await world.close();
  });
});
