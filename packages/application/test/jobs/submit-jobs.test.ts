import { isHodeiError, parseJobId } from '@hodei/domain';
import { expect, it } from 'vitest';

import { submitJobs, waitForJob } from '../../src/index.ts';
import { startControlPlane } from '../support/control-plane.ts';

it('submits many jobs: one that is refused costs the others nothing, and each gets its own answer', async () => {
  await using plane = await startControlPlane();
  const idempotency = { jobId: parseJobId('01890a5d-ac96-774b-bcce-b302099a8057'), requestHash: 'one' };
  const results = await submitJobs(
    plane.context,
    [
      { input: { command: ['true'] } },
      { input: { command: [] } },
      { input: { command: ['true'], resources: { cpu: 1000 } } },
      { input: { command: ['true'] }, idempotency },
      { input: { command: ['true'] }, idempotency },
      { input: { command: ['false'] }, idempotency: { ...idempotency, requestHash: 'another' } },
      { input: { command: ['true'] } },
    ],
    { by: 'a test' },
  );
  expect(
    results.map((result) => (isHodeiError(result) ? result.code : `${result.state} by ${result.submittedBy}`)),
  ).toEqual([
    'pending by a test',
    'invalid_input',
    'limit_exceeded',
    'pending by a test',
    'pending by a test',
    'idempotency_key_reused',
    'pending by a test',
  ]);
  const jobs = results.flatMap((result) => (isHodeiError(result) ? [] : [result]));
  expect(new Set(jobs.map(({ id }) => id)).size).toBe(3);
  for (const { id } of jobs) expect((await plane.until(waitForJob(plane.context, id))).state).toBe('succeeded');
});
