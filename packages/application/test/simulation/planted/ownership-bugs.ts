// Bugs about who owns what; see planted-bugs.ts.
import { isHodeiError, type Clock, type Epoch, type OwnershipRepository, type Repositories } from '@hodei/domain';
import { createInMemoryRepositories } from '@hodei/testkit/in-memory';

import type { JobContext } from '../../../src/index.ts';
import { overriding } from '../overriding.ts';
import type { World } from '../world.ts';

export function withoutFence(repositories: Repositories, { store }: World): Repositories {
  const { attempts, jobs, logs, workers } = repositories;
  type HasAttempt = { readonly attemptId: Parameters<typeof attempts.get>[0]; readonly epoch: Epoch };
  type HasJob = { readonly jobId: Parameters<typeof jobs.get>[0]; readonly epoch: Epoch };
  type HasWorker = { readonly workerId: Parameters<typeof workers.get>[0]; readonly epoch: Epoch };
  const asOwner = <T extends HasAttempt>(write: T): T => ({
    ...write,
    epoch: store.attempts.get(write.attemptId)?.epoch ?? write.epoch,
  });
  const ofJob = <T extends HasJob>(write: T): T => ({
    ...write,
    epoch: store.jobs.get(write.jobId)?.job.epoch ?? write.epoch,
  });
  const ofWorker = <T extends HasWorker>(write: T): T => ({
    ...write,
    epoch: store.workers.get(write.workerId)?.epoch ?? write.epoch,
  });
  return {
    ...repositories,
    attempts: overriding(attempts, {
      finish: (end) => attempts.finish(asOwner(end)),
      markLaunched: (launch) => attempts.markLaunched(asOwner(launch)),
    }),
    jobs: overriding(jobs, { release: (release) => jobs.release(ofJob(release)) }),
    logs: overriding(logs, { append: (append) => logs.append(asOwner(append)) }),
    workers: overriding(workers, {
      markReady: (ready) => workers.markReady(ofWorker(ready)),
      transition: (change) => workers.transition(ofWorker(change)),
    }),
  };
}

/** As if the end of a job whose launch is not recorded made it `succeeded` all the same. */
export function withSkippedLaunch(repositories: Repositories, { store }: World): Repositories {
  const { attempts } = repositories;
  const finish: typeof attempts.finish = ({ launch, ...end }) => {
    const jobId = store.attempts.get(end.attemptId)?.jobId;
    const row = jobId && store.jobs.get(jobId);
    if (launch !== undefined && row?.job.state === 'scheduled')
      store.jobs.set(row.job.id, { ...row, job: { ...row.job, state: 'running' } });
    return attempts.finish(end);
  };
  return { ...repositories, attempts: overriding(attempts, { finish }) };
}

export function withoutTakenJobs(context: JobContext): JobContext {
  const { ownership } = context.repositories;
  const overrides: Partial<OwnershipRepository> = {
    takeOver: async (takeover) => ({ ...(await ownership.takeOver(takeover)), jobs: [] }),
    listOwned: async (owner) => ({ ...(await ownership.listOwned(owner)), jobs: [] }),
  };
  return { ...context, repositories: { ...context.repositories, ownership: overriding(ownership, overrides) } };
}

/** As with a clock that is ahead of the one that leases are given by. */
export function withEarlyTakeOver(repositories: Repositories, { scheduler, ids, store }: World): Repositories {
  const clock = {
    now: () => scheduler.now() + 3200,
    sleep: (ms: number, signal?: AbortSignal) => scheduler.sleep(ms, signal),
  };
  const { ownership } = createInMemoryRepositories({ clock, ids, store });
  return { ...repositories, ownership };
}

/** As if each instance measured leases by its own clock. */
export function withOwnClocks(repositories: Repositories, { ids, store }: World, clock: Clock): Repositories {
  const { instances, ownership } = createInMemoryRepositories({ clock, ids, store });
  return { ...repositories, instances, ownership };
}

/** As with writes that change nothing, and nobody looks whether they did. */
export function withoutOwnershipCheck(context: JobContext): JobContext {
  const { attempts, jobs, logs, workers } = context.repositories;
  const { epoch } = context.instance;
  const unlessStale = (error: unknown): void => {
    if (!isHodeiError(error, 'stale_epoch')) throw error;
  };
  const finish: typeof attempts.finish = async (end) => {
    const { jobId } = await attempts.get(end.attemptId);
    return (await attempts.finish(end).catch(unlessStale)) ?? jobs.get(jobId);
  };
  const append: typeof logs.append = async (wanted) => (await logs.append(wanted).catch(unlessStale)) ?? [];
  const get: typeof workers.get = async (workerId) => ({ ...(await workers.get(workerId)), epoch });
  const transition: typeof workers.transition = (change) => workers.transition(change).catch(unlessStale);
  const repositories = {
    ...context.repositories,
    attempts: overriding(attempts, { finish }),
    logs: overriding(logs, { append }),
    workers: overriding(workers, { get, transition }),
  };
  return { ...context, repositories, lost: new AbortController().signal };
}

export function withForgottenCancellation(repositories: Repositories, { store }: World): Repositories {
  const { jobs } = repositories;
  const release: typeof jobs.release = async (wanted) => {
    const row = store.jobs.get(wanted.jobId);
    if (row?.job.cancelRequest !== undefined) {
      const { cancelRequest: _, ...job } = row.job;
      store.jobs.set(wanted.jobId, { ...row, job });
    }
    return jobs.release(wanted);
  };
  return { ...repositories, jobs: overriding(jobs, { release }) };
}
