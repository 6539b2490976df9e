import { checkJobInput, parseAttemptId, parseJobId, parseWorkerId, type Outcome } from '@hodei/domain';
import { expect, it } from 'vitest';

import { cancelJob, submitJob, WorkerReconciler } from '../../src/index.ts';
import { startControlPlane, type TestControlPlane } from '../support/control-plane.ts';

/** The object, with its calls written down. */
function counted<T extends object>(target: T, name: string, calls: string[]): T {
  return new Proxy(target, {
    get(object, property) {
      const value: unknown = Reflect.get(object, property, object);
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]) => {
        calls.push(`${name}.${String(property)}`);
        return Reflect.apply(value, object, args) as unknown;
      };
    },
  });
}

/** A job that has run in a worker that is gone. */
async function addEnded({ context, provider }: TestControlPlane): Promise<void> {
  const { repositories, ids, clock, instance } = context;
  const { epoch } = instance;
  const at = clock.now();
  const { spec } = checkJobInput({ command: ['true'] }, 'busybox');
  const job = await repositories.jobs.insert({ id: parseJobId(ids.uuid()), spec, at, claimFor: epoch });
  const attemptId = parseAttemptId(ids.uuid());
  const worker = { workerId: parseWorkerId(ids.uuid()), image: 'busybox', resources: {}, expiresAt: at };
  const nonce = ids.nonce();
  const attempt = { attemptId, jobId: job.id, providerId: provider.id, worker, nonce, epoch, phases: {}, at };
  await repositories.attempts.begin(attempt);
  const outcome: Outcome = { cause: 'worker_lost', evidence: {} };
  await repositories.attempts.finish({ attemptId, epoch, outcome, settlement: { state: 'failed' }, phases: {}, at });
  const { workerId } = worker;
  await repositories.workers.transition({ workerId, epoch, from: 'terminating', to: 'terminated', at });
}

it('a look costs one list call and one query, however many jobs there were', { timeout: 60_000 }, async () => {
  await using plane = await startControlPlane();
  for (let index = 0; index < 1000; index += 1) await addEnded(plane);
  const job = await submitJob(plane.context, { command: ['wait'] });
  await plane.clock.advance(100);

  const calls: string[] = [];
  const { repositories } = plane.context;
  const context = {
    ...plane.context,
    repositories: Object.fromEntries(
      Object.entries(repositories).map(([name, one]) => [name, counted(one as object, name, calls)]),
    ) as unknown as typeof repositories,
  };
  const look = await new WorkerReconciler(context, counted(plane.provider, 'provider', calls)).step();
  expect(calls).toEqual(['provider.listWorkers', 'workers.observe']);
  expect(look.owned.map(({ jobId }) => jobId)).toEqual([job.id]);
  await cancelJob(plane.context, job.id, 'test');
  await plane.until(plane.runner.idle());
});
