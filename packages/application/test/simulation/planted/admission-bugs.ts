// Bugs about which job begins, and when there is room; see planted-bugs.ts.
import { HodeiError, type Repositories } from '@hodei/domain';

import { NARROW } from '../admission.ts';
import { overriding } from '../overriding.ts';
import type { World } from '../world.ts';

/** As `SELECT` and then `UPDATE ... WHERE id = ...`, without a lock and without looking at the state again. */
export function withBlindClaim(repositories: Repositories, { store, scheduler }: World): Repositories {
  const { jobs } = repositories;
  const claimPending: typeof jobs.claimPending = async ({ epoch, limit, at }) => {
    const seen = [...store.jobs.values()]
      .filter(({ job }) => job.state === 'pending' && job.notBefore <= at)
      .slice(0, limit);
    if (seen.length === 0) return [];
    await scheduler.sleep(3);
    return seen.map(({ job: { id } }) => {
      const row = store.jobs.get(id);
      if (row === undefined) throw new HodeiError('not_found', 'a job has vanished');
      const job = { ...row.job, state: 'scheduled' as const, epoch };
      store.jobs.set(id, { ...row, job });
      return job;
    });
  };
  return { ...repositories, jobs: overriding(jobs, { claimPending }) };
}

/** As if the count were kept for a while, and not derived each time. */
export function withOldCount(repositories: Repositories, { store, scheduler }: World): Repositories {
  const { jobs } = repositories;
  const count = (): number =>
    [...store.jobs.values()].filter(({ job }) => job.epoch !== undefined && job.spec.queue === NARROW.name).length;
  let kept = { at: Number.NEGATIVE_INFINITY, count: 0 };
  const claimPending: typeof jobs.claimPending = async (claim) => {
    const now = scheduler.now();
    if (now - kept.at > 5000) kept = { at: now, count: count() };
    store.queues.set(NARROW.name, { ...NARROW, maxInFlight: NARROW.maxInFlight + count() - kept.count });
    const claimed = jobs.claimPending(claim);
    store.queues.set(NARROW.name, NARROW);
    return claimed;
  };
  return { ...repositories, jobs: overriding(jobs, { claimPending }) };
}

export function withUnnoticedPause(repositories: Repositories, { store }: World): Repositories {
  const { jobs } = repositories;
  const claimPending: typeof jobs.claimPending = async (claim) => withoutPauses(store, () => jobs.claimPending(claim));
  return { ...repositories, jobs: overriding(jobs, { claimPending }) };
}

/** As if only who claims looked whether a queue is paused. */
export function withUnnoticedPauseOfNew(repositories: Repositories, { store }: World): Repositories {
  const { jobs } = repositories;
  const insertBegun: typeof jobs.insertBegun = async (job, attempt) =>
    withoutPauses(store, () => jobs.insertBegun(job, attempt));
  return { ...repositories, jobs: overriding(jobs, { insertBegun }) };
}

function withoutPauses<T>(store: World['store'], work: () => Promise<T>): Promise<T> {
  const queues = [...store.queues];
  for (const [name, queue] of queues) store.queues.set(name, { ...queue, paused: false });
  const done = work();
  for (const [name, queue] of queues) store.queues.set(name, queue);
  return done;
}

/** As if room were kept for a job, and nobody looked. */
export function withForgottenRoom(repositories: Repositories, { store }: World): Repositories {
  const { attempts, workers } = repositories;
  const begin: typeof attempts.begin = (attempt) => {
    const kept = store.setAside.get(attempt.providerId);
    store.setAside.delete(attempt.providerId);
    const begun = attempts.begin(attempt);
    if (kept !== undefined) store.setAside.set(attempt.providerId, kept);
    return begun;
  };
  const loads: typeof workers.loads = async () =>
    new Map(
      [...(await workers.loads())].map(([id, load]) => {
        const { setAside: _, ...others } = load;
        return [id, others];
      }),
    );
  return { ...repositories, attempts: overriding(attempts, { begin }), workers: overriding(workers, { loads }) };
}

/** As with a look for room before others took it, and none at the insert. */
export function withCarelessRoom(repositories: Repositories, { store }: World): Repositories {
  const { attempts, workers } = repositories;
  const begin: typeof attempts.begin = async (attempt) => {
    const provider = store.providers.get(attempt.providerId);
    if (provider === undefined) return attempts.begin(attempt);
    const { capacity: _, ...unbounded } = provider;
    store.providers.set(provider.id, { ...unbounded, maxWorkers: provider.maxWorkers + 1 });
    try {
      return await attempts.begin(attempt);
    } finally {
      store.providers.set(provider.id, provider);
    }
  };
  const loads: typeof workers.loads = () => Promise.resolve(new Map());
  return { ...repositories, attempts: overriding(attempts, { begin }), workers: overriding(workers, { loads }) };
}
