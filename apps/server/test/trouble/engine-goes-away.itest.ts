import { rename } from 'node:fs/promises';

import type { JobId } from '@hodei/domain';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';

import { findEngine } from '../../../../scripts/engine/reach-engine.ts';
import type { PrivateEngine } from '../../../../scripts/private-engine/private-engine.ts';
import { startPrivateEngine } from '../../../../scripts/private-engine/start-private-engine.ts';
import { privateEngineIsLeftOut } from '../../../../scripts/private-engine/why-no-private-engine.ts';
import { openService, type Service } from './open-service.ts';
import { STEADY, STEADY_OUTPUT } from './steady-job.ts';

describe.skipIf(privateEngineIsLeftOut('apps/server/test/trouble/engine-goes-away')).each([
  { liveRestore: true, what: 'containers go on without their engine (live-restore)' },
  { liveRestore: false, what: 'containers end with their engine' },
])('where $what', ({ liveRestore }) => {
  let engine: PrivateEngine;
  let service: Service;
  beforeAll(async () => {
    const { endpoint } = await findEngine();
    engine = await startPrivateEngine({ from: endpoint, images: [inject('images').busybox], liveRestore });
    service = await openService(engine);
  });
  afterEach(async () => {
    engine.resume();
    await engine.start();
    await service.expectNothingLeft();
  });
  afterAll(async () => {
    await service?.[Symbol.asyncDispose]();
    await engine?.[Symbol.asyncDispose]();
  });

  /** The job that ran through it all: nothing lost, nothing twice, one attempt. */
  const expectUnharmed = async (id: JobId): Promise<void> => {
    expect(await service.ended(id)).toMatchObject({ state: 'failed' });
    const attempts = await service.attempts(id);
    expect(attempts).toMatchObject([{ outcome: { cause: 'exited', evidence: { exitCode: 3 } } }]);
    expect(await service.output(id)).toBe(STEADY_OUTPUT);
  };
  /** The engine ended it, so it ran again, and that cost none of its own attempts. */
  const expectRunAgain = async (id: JobId): Promise<void> => {
    expect(await service.ended(id)).toMatchObject({ state: 'failed' });
    expect(await service.attempts(id)).toMatchObject([
      { outcome: { cause: 'worker_lost' } },
      { outcome: { cause: 'exited', evidence: { exitCode: 3 } } },
    ]);
    expect(await service.output(id)).toBe(STEADY_OUTPUT);
  };
  const expectAfterRestart = liveRestore ? expectUnharmed : expectRunAgain;

  it('a restart of the engine does not lose a job', async () => {
    const id = await service.submit({ script: STEADY });
    await service.wrote(id, 'line 5\n');
    await engine.stop();
    await engine.start();
    await expectAfterRestart(id);
  });

  it('an engine that is killed and started again does not lose a job', async () => {
    const id = await service.submit({ script: STEADY });
    await service.wrote(id, 'line 5\n');
    await engine.kill();
    await engine.start();
    await expectAfterRestart(id);
  });

  it.runIf(liveRestore)(
    'an engine that hangs is waited for; a job that was submitted meanwhile runs then',
    async () => {
      const running = await service.submit({ script: STEADY });
      await service.wrote(running, 'line 5\n');
      engine.pause();
      const waiting = await service.submit({ script: 'echo at last' });
      await service.happens('provider.unreachable');
      expect((await service.job(running)).state).toBe('running');
      expect(['pending', 'scheduled']).toContain((await service.job(waiting)).state);
      engine.resume();
      await expectUnharmed(running);
      expect(await service.ended(waiting)).toMatchObject({ state: 'succeeded' });
      expect(await service.output(waiting)).toBe('at last\n');
    },
  );

  it.runIf(liveRestore)('a socket that is gone and comes back ends nothing', async () => {
    const running = await service.submit({ script: STEADY });
    await service.wrote(running, 'line 5\n');
    await rename(engine.socketPath, `${engine.socketPath}.away`);
    const waiting = await service.submit({ script: 'echo at last' });
    await service.happens('provider.unreachable');
    await rename(`${engine.socketPath}.away`, engine.socketPath);
    await expectUnharmed(running);
    expect(await service.ended(waiting)).toMatchObject({ state: 'succeeded' });
  });
});
