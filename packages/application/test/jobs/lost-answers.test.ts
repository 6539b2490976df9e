import type { FaultableCall, RepositoryOperation } from '@hodei/testkit/in-memory';
import { describe, expect, it } from 'vitest';

import { describeJob, submitJob, waitForJob } from '../../src/index.ts';
import { startControlPlane } from '../support/control-plane.ts';

/** A job that writes in two pieces, so that output is stored more than once. */
const JOB = { command: ['slowly', '100', '4', 'one ', 'two'], secrets: { KEY: 'xyz' } };

const WRITES: readonly RepositoryOperation[] = [
  'jobs.claimPending',
  'attempts.begin',
  'workers.markReady',
  'attempts.markLaunched',
  'logs.append',
  'attempts.finish',
  'workers.transition',
];

describe('a write whose answer is lost', () => {
  it.each(WRITES)('changes nothing about the job: %s', async (call) => {
    await using plane = await startControlPlane();
    plane.databaseFaults.add({ call, kind: 'loseAnswer' });
    const job = await plane.run(JOB);
    expect(plane.databaseFaults.pending).toBe(0);
    expect(job).toMatchObject({ state: 'failed', outcome: { cause: 'exited', evidence: { exitCode: 4 } } });
    expect(await plane.output(job.id)).toBe('one two');
    expect((await describeJob(plane.context, job.id)).attempts).toHaveLength(1);
    expect(plane.engine.workers()).toEqual([]);
  });
});

describe('an engine whose answer is lost', () => {
  it.each<FaultableCall>(['launch', 'waitForExit', 'destroyWorker'])('does not run the job twice: %s', async (call) => {
    await using plane = await startControlPlane();
    plane.provider.faults.add({ call, kind: 'loseAnswer' });
    const job = await plane.run(JOB);
    expect(plane.provider.faults.pending).toBe(0);
    expect(job).toMatchObject({ state: 'failed', outcome: { cause: 'exited', evidence: { exitCode: 4 } } });
    expect(await plane.output(job.id)).toBe('one two');
    expect((await describeJob(plane.context, job.id)).attempts).toHaveLength(1);
    expect(plane.engine.workers()).toEqual([]);
  });

  it.each(['internal', 'conflict'] as const)('is asked where it failed at an order with %s', async (code) => {
    await using plane = await startControlPlane();
    plane.provider.faults.add({ call: 'launch', kind: 'loseAnswer', code });
    const job = await plane.run(JOB);
    expect(job).toMatchObject({ state: 'failed', outcome: { cause: 'exited', evidence: { exitCode: 4 } } });
    expect(await plane.output(job.id)).toBe('one two');
    expect((await describeJob(plane.context, job.id)).attempts).toHaveLength(1);
  });

  it('leaves no worker behind where it was made after all', async () => {
    await using plane = await startControlPlane();
    plane.provider.faults.add({ call: 'createWorker', kind: 'loseAnswer' });
    const job = await plane.run(JOB);
    expect((await describeJob(plane.context, job.id)).attempts.map(({ outcome }) => outcome?.cause)).toEqual([
      'provider_unavailable',
      'exited',
    ]);
    expect(plane.engine.workers()).toEqual([]);
  });

  it('is asked to destroy a worker until it does', async () => {
    await using plane = await startControlPlane();
    plane.provider.faults.add({ call: 'destroyWorker', kind: 'loseAnswer', times: 20 });
    await plane.run(JOB);
    expect(plane.engine.workers()).toEqual([]);
  });
});

describe('an engine that goes away', () => {
  it('is waited for, and the output goes on where it was acknowledged', async () => {
    await using plane = await startControlPlane();
    const { id } = await submitJob(plane.context, { command: ['slowly', '1000', '0', 'one ', 'two ', 'three'] });
    await plane.clock.advance(500);
    plane.engine.goDown();
    await plane.clock.advance(10_000);
    expect((await plane.context.repositories.jobs.get(id)).state).toBe('running');
    plane.engine.comeUp();
    const job = await plane.until(waitForJob(plane.context, id));
    expect(job.state).toBe('succeeded');
    expect(await plane.output(id)).toBe('one two three');
    expect((await describeJob(plane.context, id)).attempts).toHaveLength(1);
  });
});
