import type { Attempt, Worker } from '@hodei/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { callEngine } from '../../../scripts/engine/engine-request.ts';
import { findEngine } from '../../../scripts/engine/reach-engine.ts';
import { openInstallation, until, type Installation, type Running } from './support/hodei.ts';

interface PoolJson {
  readonly name: string;
  readonly idle: number;
  readonly busy: number;
  readonly other: number;
}

describe('a pool on a real engine', () => {
  let here: Installation;
  let service: Running;
  beforeAll(async () => {
    here = await openInstallation();
    service = await serve();
    await putPool();
  });
  afterAll(async () => {
    await end(service);
    await here.close();
  });
  const serve = async (): Promise<Running> => {
    const started = here.start(['serve'], { HODEI_LOG_LEVEL: 'info', HODEI_LISTEN: '127.0.0.1:0' });
    await started.seen('this instance runs jobs');
    return started;
  };
  const end = async (running: Running): Promise<void> => {
    running.child.kill('SIGTERM');
    await running.done;
  };
  const putPool = async (): Promise<void> => {
    const put = await here.hodei(['pools', 'put', 'warm', '--image', 'busybox', '--min', '2', '--max-workers', '6']);
    expect(put).toMatchObject({ code: 0, stdout: 'warm: 2 to 2 wait, at most 6 in all\n', stderr: '' });
  };
  const ofPool = async (): Promise<readonly Worker[]> =>
    (await here.store.repositories.workers.list({ limit: 100 })).items.filter(({ pool }) => pool === 'warm');
  const idle = async (): Promise<readonly Worker[]> => (await ofPool()).filter(({ state }) => state === 'ready');
  const filled = (): Promise<void> => until(async () => (await idle()).length === 2, 30_000);
  const lastAttempt = async (jobName: string): Promise<Attempt> => {
    const [job] = (await here.store.repositories.jobs.list({ limit: 1, name: jobName })).items;
    const attempts = job && (await here.store.repositories.attempts.listByJob(job.id));
    const last = attempts?.at(-1);
    if (last === undefined) throw new Error(`there is no attempt of ${jobName}`);
    return last;
  };

  it('is filled, and a job that another process submits runs on one of its workers', async () => {
    await filled();
    expect((await here.json<PoolJson[]>(['pools', 'ls']))[0]).toMatchObject({
      name: 'warm',
      idle: 2,
      busy: 0,
      other: 0,
    });
    const waiting = await idle();
    const ran = await here.hodei(['run', '--name', 'first', '--', 'echo', 'warm']);
    expect(ran).toMatchObject({ code: 0, stdout: 'warm\n' });
    const { workerId } = await lastAttempt('first');
    expect(waiting.map(({ id }) => id)).toContain(workerId);
    await until(async () => (await here.store.repositories.workers.get(workerId)).state === 'terminated');
    await filled();
  });

  it('keeps secrets out of everything but the order', async () => {
    await filled();
    const ran = await here.hodei(['run', '--secret', 'KEY=s3cr3t-in-a-pool', '--', 'sh', '-c', 'echo $KEY']);
    expect(ran).toMatchObject({ code: 0, stdout: `${'*'.repeat('s3cr3t-in-a-pool'.length)}\n` });
    expect((await here.containers()).join('')).not.toContain('s3cr3t-in-a-pool');
  });

  it('gives a job another worker where the one that waited has died', async () => {
    await filled();
    const dead = await idle();
    const { endpoint } = await findEngine();
    await Promise.all(
      dead.map(({ handle }) => callEngine(endpoint, `/containers/${handle?.resourceId}/kill`, { method: 'POST' })),
    );
    const ran = await here.hodei(['run', '--name', 'survivor', '--', 'echo', 'alive']);
    expect(ran).toMatchObject({ code: 0, stdout: 'alive\n' });
    expect(dead.map(({ id }) => id)).not.toContain((await lastAttempt('survivor')).workerId);
    await until(async () => {
      const live = (await ofPool()).filter(({ state }) => state !== 'terminated').map(({ id }) => id);
      return live.length === 2 && dead.every(({ id }) => !live.includes(id));
    }, 30_000);
  });

  it('loses its waiting workers with their controller, and another cleans up and fills it', async () => {
    await filled();
    const orphans = await idle();
    service.child.kill('SIGKILL');
    await service.done;
    // Their connection is gone: they end by themselves, before anybody takes anything over.
    await until(async () => {
      const states = (await here.containers()).map((text) => JSON.parse(text) as { State: { Running: boolean } });
      return states.every(({ State }) => !State.Running);
    });
    service = await serve();
    await until(async () => {
      const rows = await Promise.all(orphans.map(({ id }) => here.store.repositories.workers.get(id)));
      return rows.every(({ state }) => state === 'terminated');
    }, 30_000);
    await filled();
    expect(await here.containers()).toHaveLength(2);
  });

  it('runs several jobs in one worker where it may, each with nothing of the one before', async () => {
    const put = [
      'pools',
      'put',
      'reused',
      '--image',
      'busybox',
      '--cpu',
      '0.5',
      '--min',
      '1',
      '--jobs-per-worker',
      '5',
      // Else a second one may be made while the first is busy, and take the second job.
      '--max-workers',
      '1',
    ];
    expect(await here.hodei(put)).toMatchObject({ code: 0 });
    const waiting = (): Promise<boolean> =>
      here.store.repositories.workers.countByPool().then((counts) => counts.get('reused')?.idle === 1);
    const workers: unknown[] = [];
    for (const name of ['one', 'two']) {
      await until(waiting, 30_000);
      const run = ['run', '--cpu', '0.5', '--name', name, '--', 'sh', '-c', 'echo $LEFT; export LEFT=over'];
      expect(await here.hodei(run)).toMatchObject({ code: 0, stdout: '\n' });
      workers.push((await lastAttempt(name)).workerId);
    }
    expect(workers[1]).toBe(workers[0]);
    expect(await here.hodei(['pools', 'rm', 'reused'])).toMatchObject({ code: 0 });
  });

  it('is emptied when it is removed', async () => {
    expect(await here.hodei(['pools', 'rm', 'warm'])).toMatchObject({ code: 0 });
    // One that is removed while it is looked at is none, too.
    const none = (): Promise<boolean> =>
      here.containers().then(
        ({ length }) => length === 0,
        () => false,
      );
    await until(none, 30_000);
    await putPool();
    await filled();
  });
});
