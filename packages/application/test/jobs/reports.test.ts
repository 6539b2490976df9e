import { inspect } from 'node:util';

import { HodeiError } from '@hodei/domain';
import type { FaultableCall, RepositoryOperation } from '@hodei/testkit/in-memory';
import { describe, expect, it } from 'vitest';

import { describeJob } from '../../src/index.ts';
import { startControlPlane, type TestControlPlane } from '../support/control-plane.ts';

const SECRET = 'xyzzy-plugh';
const JOB = { command: ['slowly', '100', '0', `one ${SECRET}`, 'two'], secrets: { KEY: SECRET } };

/** Everything that is reported of a job's attempt says which job, attempt and worker, and nothing a secret. */
async function expectTold(plane: TestControlPlane): Promise<void> {
  const job = await plane.run(JOB);
  const { attempts } = await describeJob(plane.context, job.id);
  expect(plane.reports.length).toBeGreaterThan(0);
  for (const { message, facts } of plane.reports) {
    const attempt = attempts.find(({ id }) => id === facts['attemptId']);
    expect([message, facts]).toEqual([
      message,
      expect.objectContaining({ jobId: job.id, attemptId: attempt?.id, workerId: attempt?.workerId }),
    ]);
  }
  expect(inspect(plane.reports, { depth: 20, showHidden: true })).not.toContain(SECRET);
}

describe('what is reported', () => {
  it.each<RepositoryOperation>(['workers.markReady', 'attempts.markLaunched', 'logs.append', 'attempts.finish'])(
    'while the database is away says of which attempt: %s',
    async (call) => {
      await using plane = await startControlPlane();
      plane.databaseFaults.add({ call, kind: 'loseAnswer' });
      await expectTold(plane);
    },
  );

  it.each<FaultableCall>(['launch', 'waitForExit', 'destroyWorker'])(
    'while the engine is away says of which attempt: %s',
    async (call) => {
      await using plane = await startControlPlane();
      plane.provider.faults.add({ call, kind: 'loseAnswer' });
      await expectTold(plane);
    },
  );

  it('before there is an attempt says of which job', async () => {
    await using plane = await startControlPlane();
    plane.databaseFaults.add({ call: 'jobs.sealedSecrets', kind: 'fail', error: new HodeiError('internal', 'odd') });
    plane.databaseFaults.add({ call: 'jobs.release', kind: 'loseAnswer' });
    const job = await plane.run(JOB);
    expect(plane.reports.map(({ facts }) => facts['jobId'])).toEqual([job.id]);
  });
});
