import { randomUUID } from 'node:crypto';

import { checkJobInput, parseJobId, type JobId, type JobInput } from '@hodei/domain';
import { expect, it } from 'vitest';

import { openInstallation, until } from './support/hodei.ts';

const LINES = 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo line $i; sleep 1; done; exit 3';

it('an instance that is stopped for 10 s, and goes on, writes nothing stale', async () => {
  const here = await openInstallation();
  const { jobs, attempts, workers, instances, history, logs } = here.store.repositories;
  const serve = async () => {
    const service = here.start(['serve'], { HODEI_LOG_LEVEL: 'info', HODEI_DRAIN_TIMEOUT_MS: '0' });
    await service.seen('this instance runs jobs');
    return service;
  };
  const submit = async (input: JobInput): Promise<JobId> => {
    const { spec } = checkJobInput(input, 'busybox');
    return (await jobs.insert({ id: parseJobId(randomUUID()), spec, at: Date.now() })).id;
  };
  const first = await serve();
  const talks = await submit({ script: LINES });
  // Its time is up while its first owner is stopped, which finds that out when it goes on.
  const limited = await submit({ command: ['sleep', '600'], timeoutMs: 9000 });
  const stays = await submit({ command: ['sleep', '600'] });
  const all = [talks, limited, stays];
  await until(async () => (await Promise.all(all.map((id) => jobs.get(id)))).every(({ state }) => state === 'running'));
  const [former] = await instances.listLive();

  first.child.kill('SIGSTOP');
  const stoppedAt = performance.now();
  const second = await serve();
  const epochs = async (): Promise<readonly unknown[]> =>
    (await Promise.all([talks, stays].map((id) => jobs.get(id)))).map(({ epoch }) => epoch);
  await until(async () => (await epochs()).every((epoch) => epoch !== former?.epoch));
  // Asked for while the former owner does not hear it.
  await until(async () => performance.now() - stoppedAt > 10_000);
  const owners = await epochs();
  first.child.kill('SIGCONT');
  await first.seen('begins a new life');

  await until(async () => (await jobs.get(talks)).state === 'failed', 30_000);
  const output = await logs.read({ jobId: talks, afterSeq: 0, maxBytes: 1e6 });
  expect(Buffer.concat(output.map(({ bytes }) => bytes)).toString()).toBe(
    Array.from({ length: 12 }, (_, i) => `line ${i + 1}\n`).join(''),
  );
  expect((await jobs.get(talks)).outcome?.evidence.exitCode).toBe(3);
  await until(async () => (await jobs.get(limited)).state === 'timed_out');
  // What runs on is still its new owner's, in the same worker.
  expect((await jobs.get(stays)).epoch).toBe(owners[1]);
  const [worker] = (await workers.list({ states: ['busy'], limit: 2 })).items;
  expect(worker).toMatchObject({ jobId: stays, epoch: owners[1] });
  await until(async () => [...(await workers.countLive()).values()].join() === '1');
  for (const jobId of all) {
    expect(await attempts.listByJob(jobId)).toHaveLength(1);
    const events = (await history.list({ afterSeq: 0, limit: 100, jobId })).map(({ kind }) => kind);
    for (const kind of ['job.running', 'job.taken_over', 'worker.terminating', 'worker.terminated'])
      expect(events.filter((each) => each === kind).length).toBeLessThanOrEqual(1);
  }
  await jobs.requestCancel({ jobId: stays, by: 'a test', at: Date.now() });
  await until(async () => (await jobs.get(stays)).state === 'cancelled');
  // Who does not drain would leave a worker that is still being destroyed to the next instance, and there is none.
  await until(async () => (await workers.countLive()).size === 0);
  for (const service of [first, second]) service.child.kill('SIGTERM');
  expect([(await first.done).code, (await second.done).code]).toEqual([0, 0]);
  await here.close();
});
