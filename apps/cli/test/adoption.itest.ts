import { randomUUID } from 'node:crypto';

import { checkJobInput, parseJobId, type JobId, type JobState } from '@hodei/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openInstallation, until, type Installation, type Running } from './support/hodei.ts';

/** Longer than a second service takes to begin on a busy machine. */
const LAST_LINE = 16;
const LINES = `for i in $(seq ${LAST_LINE}); do echo line $i; sleep 1; done; exit 3`;

interface JobJson {
  readonly state: JobState;
  readonly evidence: { readonly exitCode: number };
  readonly attempts: readonly unknown[];
}

describe('a service that dies', () => {
  let here: Installation;
  beforeAll(async () => {
    here = await openInstallation();
  });
  afterAll(async () => {
    await here.close();
  });
  const serve = async (): Promise<Running> => {
    const service = here.start(['serve'], { HODEI_LOG_LEVEL: 'info' });
    await service.seen('this instance runs jobs');
    return service;
  };

  it.each<[string, NodeJS.Signals]>([
    ['killed', 'SIGKILL'],
    ['told to end twice', 'SIGTERM'],
  ])('%s: another goes on with its job, with every byte of output once', async (_, signal) => {
    const first = await serve();
    const jobId = await submit(here);
    await until(async () => (await here.hodei(['jobs', 'logs', jobId])).stdout.includes('line 2'));
    const second = await serve();
    first.child.kill(signal);
    if (signal === 'SIGTERM') {
      // Once, it waits for its job, which takes less than that long.
      await first.seen('draining');
      first.child.kill(signal);
    }

    const { stdout } = await here.hodei(['jobs', 'logs', '-f', jobId]);
    expect(stdout).toBe(Array.from({ length: LAST_LINE }, (__, i) => `line ${i + 1}\n`).join(''));
    await until(async () => (await job(here, jobId)).state === 'failed');
    const after = await job(here, jobId);
    expect(after.evidence.exitCode).toBe(3);
    expect(after.attempts).toHaveLength(1);
    const events = await here.store.repositories.history.list({ afterSeq: 0, limit: 100, jobId });
    expect(events.map(({ kind }) => kind)).toContain('job.taken_over');
    await here.expectNothingLeft();
    second.child.kill('SIGTERM');
    expect((await second.done).code).toBe(0);
    await first.done;
  });
});

const job = (here: Installation, jobId: JobId): Promise<JobJson> => here.json<JobJson>(['jobs', 'get', jobId]);

/** Stores a pending job, which any service may claim; a command would leave a runner that claims it, too. */
async function submit({ store }: Installation): Promise<JobId> {
  const { spec } = checkJobInput({ script: LINES }, 'busybox');
  const { id } = await store.repositories.jobs.insert({ id: parseJobId(randomUUID()), spec, at: Date.now() });
  return id;
}
