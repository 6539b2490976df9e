import { randomUUID } from 'node:crypto';

import {
  checkJobInput,
  isTerminalJobState,
  LABELS,
  parseJobId,
  type JobId,
  type JobInput,
  type WorkerId,
} from '@hodei/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { callEngine } from '../../../scripts/engine/engine-request.ts';
import { findEngine } from '../../../scripts/engine/reach-engine.ts';
import { openInstallation, until, type Installation, type Running } from './support/hodei.ts';

interface WorkerJson {
  readonly id: string;
  readonly state: string;
  readonly health?: { readonly status: string };
  readonly cause?: string;
}

/** What the machine needs is measured apart; here it only has to be the connection, and not a look every 5 s, that tells. */
const AT_ONCE_MS = 4000;

describe('the workers of a service', () => {
  let here: Installation;
  let service: Running;
  let engine: Awaited<ReturnType<typeof findEngine>>['endpoint'];
  beforeAll(async () => {
    ({ endpoint: engine } = await findEngine());
    here = await openInstallation();
    service = here.start(['serve'], { HODEI_LOG_LEVEL: 'info', HODEI_DRAIN_TIMEOUT_MS: '0' });
    await service.seen('this instance runs jobs');
  });
  afterAll(async () => {
    service.child.kill('SIGTERM');
    expect((await service.done).code).toBe(0);
    await here.close();
  });

  /** Stores a pending job, and waits until it runs. */
  async function running(
    input: JobInput,
  ): Promise<{ readonly id: JobId; readonly workerId: WorkerId; container: string }> {
    const { repositories } = here.store;
    const { spec } = checkJobInput(input, 'busybox');
    const { id } = await repositories.jobs.insert({ id: parseJobId(randomUUID()), spec, at: Date.now() });
    await until(async () => (await repositories.jobs.get(id)).state === 'running');
    const [attempt] = await repositories.attempts.listByJob(id);
    if (attempt === undefined) throw new Error('it has no attempt');
    const { handle } = await repositories.workers.get(attempt.workerId);
    return { id, workerId: attempt.workerId, container: handle?.resourceId ?? '' };
  }
  const attempts = (id: JobId) => here.store.repositories.attempts.listByJob(id);
  const cancel = async (id: JobId): Promise<void> => {
    await here.store.repositories.jobs.requestCancel({ jobId: id, by: 'a test', at: Date.now() });
    await until(async () => isTerminalJobState((await here.store.repositories.jobs.get(id)).state));
  };

  it('that someone kills end their jobs at once, with what the engine saw', async () => {
    const { id, container } = await running({ command: ['sleep', '600'] });
    const killedAt = performance.now();
    await callEngine(engine, `/containers/${container}/kill?signal=KILL`, { method: 'POST' });
    await until(async () => (await here.store.repositories.jobs.get(id)).state === 'failed');
    expect(performance.now() - killedAt).toBeLessThan(AT_ONCE_MS);
    const job = await here.store.repositories.jobs.get(id);
    expect(job.outcome).toMatchObject({ cause: 'signalled', evidence: { signal: 'SIGKILL' } });
  });

  it('that someone removes end their attempts at once, as lost where not even their exit was seen', async () => {
    const { id, container } = await running({ command: ['sleep', '600'] });
    const removedAt = performance.now();
    await callEngine(engine, `/containers/${container}?force=1`, { method: 'DELETE' });
    await until(async () => (await attempts(id))[0]?.outcome !== undefined);
    expect(performance.now() - removedAt).toBeLessThan(AT_ONCE_MS);
    expect((await attempts(id))[0]?.outcome?.cause).toMatch(/^(worker_lost|signalled)$/);
    await cancel(id);
  });

  it('are shown with their health, and destroyed by any other process, paused or deaf as they may be', async () => {
    const { id, workerId, container } = await running({ script: 'trap "" TERM; while :; do sleep 0.1; done' });
    const healthIs = (status: string): Promise<void> =>
      until(async () => (await here.json<WorkerJson>(['workers', 'get', workerId])).health?.status === status);
    await healthIs('healthy');
    await callEngine(engine, `/containers/${container}/pause`, { method: 'POST' });
    await healthIs('unhealthy');
    expect(await here.hodei(['workers', 'destroy', workerId])).toMatchObject({
      code: 0,
      stdout: `${workerId} asked to end\n`,
    });
    await until(async () => (await attempts(id)).length === 2);
    const gone = await here.json<WorkerJson>(['workers', 'get', workerId]);
    expect(gone).toMatchObject({ cause: 'worker_lost', evidence: { message: 'its worker was destroyed on request' } });
    await cancel(id);
  });

  it('are drained by any other process: their jobs end as they would', async () => {
    const { id, workerId } = await running({ command: ['sleep', '5'] });
    expect((await here.hodei(['workers', 'drain', workerId])).stdout).toMatch(/asked to drain|terminat/);
    await until(async () => (await here.store.repositories.jobs.get(id)).state === 'succeeded');
  });

  it('are the only containers that are ever touched: not those of others on the same engine', async () => {
    const [provider] = await here.store.repositories.providers.list();
    if (provider === undefined) throw new Error('there is no provider');
    const ours = { installation: here.id as string, provider: provider.id as string };
    const made = {
      orphan: await container(ours),
      ofAnotherProvider: await container({ ...ours, provider: randomUUID() }),
      ofAnotherInstallation: await container({ ...ours, installation: randomUUID() }),
      foreign: await container({}),
    };
    const exists = async (id: string): Promise<boolean> =>
      callEngine(engine, `/containers/${id}/json`).then(
        () => true,
        () => false,
      );
    try {
      await until(async () => !(await exists(made.orphan)), 30_000);
      for (const id of [made.ofAnotherProvider, made.ofAnotherInstallation, made.foreign])
        expect(await exists(id)).toBe(true);
    } finally {
      for (const id of Object.values(made))
        await callEngine(engine, `/containers/${id}?force=1`, { method: 'DELETE' }).catch(() => undefined);
    }
  });

  /** A container that no row knows, with these of our labels. */
  async function container(labels: { readonly installation?: string; readonly provider?: string }): Promise<string> {
    const all =
      labels.installation === undefined
        ? {}
        : {
            [LABELS.managed]: 'true',
            [LABELS.installation]: labels.installation,
            [LABELS.provider]: labels.provider,
            [LABELS.worker]: randomUUID(),
          };
    const answer = await callEngine(engine, '/containers/create', {
      method: 'POST',
      contentType: 'application/json',
      body: JSON.stringify({
        Image: 'busybox',
        Entrypoint: ['sleep'],
        Cmd: ['600'],
        Labels: all,
        HostConfig: { NetworkMode: 'none' },
      }),
    });
    const { Id } = JSON.parse(answer) as { readonly Id: string };
    await callEngine(engine, `/containers/${Id}/start`, { method: 'POST' });
    return Id;
  }
});
