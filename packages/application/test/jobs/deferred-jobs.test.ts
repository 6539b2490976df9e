import { DEFERRED_MS } from '@hodei/domain';
import { expect, it, vi } from 'vitest';

import { submitJob } from '../../src/index.ts';
import { startControlPlane } from '../support/control-plane.ts';

it('a job that is not due for long wakes no dispatcher, and begins at its moment', async () => {
  await using plane = await startControlPlane();
  await plane.clock.advance(20);
  const claims = vi.spyOn(plane.context.repositories.jobs, 'claimPending');
  const notBefore = plane.clock.now() + DEFERRED_MS + 2000;
  const { id } = await submitJob(plane.context, { command: ['true'], notBefore });
  await plane.clock.advance(20);
  expect(claims).not.toHaveBeenCalled();
  await plane.clock.advance(DEFERRED_MS + 1970);
  expect((await plane.context.repositories.jobs.get(id)).state).toBe('pending');
  await plane.clock.advance(60);
  expect((await plane.context.repositories.jobs.get(id)).state).not.toBe('pending');
});

it('one that is due sooner wakes it, so that its moment is known in time', async () => {
  await using plane = await startControlPlane();
  await plane.clock.advance(20);
  const claims = vi.spyOn(plane.context.repositories.jobs, 'claimPending');
  const { id } = await submitJob(plane.context, { command: ['true'], notBefore: plane.clock.now() + 1000 });
  await plane.clock.advance(20);
  expect(claims).toHaveBeenCalled();
  await plane.clock.advance(1040);
  expect((await plane.context.repositories.jobs.get(id)).state).not.toBe('pending');
});
