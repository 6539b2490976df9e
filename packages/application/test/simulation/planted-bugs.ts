import {
  HodeiError,
  isHodeiError,
  NO_OUTPUT,
  type Epoch,
  type OutputChunk,
  type OwnershipRepository,
  type Repositories,
  type RunningJob,
  type Worker,
  type WorkerProvider,
} from '@hodei/domain';
import { createInMemoryRepositories } from '@hodei/testkit/in-memory';

import type { JobContext } from '../../src/index.ts';
import { NARROW } from './admission.ts';
import type { Mutation } from './mutation.ts';
import { overriding } from './overriding.ts';
import type { World } from './world.ts';

/** A bug that somebody could well make, and the words of the rule that it breaks. */
export interface PlantedBug {
  readonly name: string;
  readonly mutation: Mutation;
  readonly breaks: RegExp;
}

/** The bugs that the simulation has to find. None is in the code: each stands between the application and a port. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'the store accepts writes of a former owner',
    mutation: { repositories: withoutFence },
    breaks: /belongs to epoch/,
  },
  {
    name: 'jobs are taken over, and then nobody goes on with them',
    mutation: { context: withoutTakenJobs },
    breaks: /is still (scheduled|running)/,
  },
  {
    name: 'work is taken from instances that are alive',
    mutation: { repositories: withEarlyTakeOver },
    breaks: /which is alive/,
  },
  {
    name: 'a claim overwrites what happened to the job meanwhile',
    mutation: { repositories: withBlindClaim },
    breaks: /had ended as|went from|belongs to epoch|passed job|its queue is paused/,
  },
  {
    name: 'output is read again from its beginning',
    mutation: {
      provider: (provider) => ({
        ...provider,
        recoverWorker: async (handle, options) => {
          const running = await provider.recoverWorker(handle, { ...options, from: NO_OUTPUT });
          return withOutput(running, (chunk) => ({ ...chunk, offset: chunk.offset + options.from[chunk.stream] }));
        },
      }),
    },
    breaks: /was written|bytes of std(out|err) are stored|which the engine has not lost/,
  },
  {
    name: 'output is acknowledged and not stored',
    mutation: { repositories: withLostOutput },
    breaks: /bytes of std(out|err) are stored|goes on at/,
  },
  {
    name: 'a gap is closed up silently',
    mutation: { provider: withClosedGaps },
    breaks: /was written|bytes of std(out|err) are (stored|acknowledged)/,
  },
  {
    name: 'who adopts a job forgets how much of its output is kept already',
    mutation: { repositories: withForgottenBound },
    breaks: /and its bound is|after it was cut off|is cut off where/,
  },
  {
    name: 'nobody records that output is gone with its worker',
    mutation: { repositories: withoutWorkerGaps },
    breaks: /bytes of std(out|err) are stored/,
  },
  {
    name: 'an order whose answer was lost is sent again, and its refusal believed',
    mutation: { provider: withBlindLaunch },
    breaks: /it was launched|its job runs on/,
  },
  {
    name: 'an engine that is away is taken for a lost worker',
    mutation: { provider: withHastyLoss },
    breaks: /its job runs on|did not vanish|has not vanished|it was launched/,
  },
  {
    name: 'a worker is made before its row is stored',
    mutation: { repositories: withLateRow },
    breaks: /has no row/,
  },
  {
    name: 'workers are recorded as gone and not destroyed',
    mutation: { provider: (provider) => ({ ...provider, destroyWorker: () => Promise.resolve() }) },
    breaks: /is left on the engine/,
  },
  {
    name: 'the reconciler destroys what other instances run',
    mutation: { context: withOwnWorkersOnly },
    breaks: /was destroyed while its row was/,
  },
  {
    name: 'what is in flight is counted now and then',
    mutation: { repositories: withOldCount },
    breaks: /is one of \d in flight/,
  },
  {
    name: 'a paused queue is only noticed by who submits',
    mutation: { repositories: withUnnoticedPause },
    breaks: /its queue is paused/,
  },
  {
    name: 'a job that is given back forgets that it is to be cancelled',
    mutation: { repositories: withForgottenCancellation },
    breaks: /has forgotten/,
  },
  {
    name: 'what is unreachable is taken for lost',
    mutation: { provider: withEmptyList, context: withoutGrace },
    breaks: /its job runs on|did not vanish|has not vanished|was never launched/,
  },
  {
    name: 'a former owner, stopped meanwhile, does not notice and goes on to destroy',
    mutation: { context: withoutOwnershipCheck },
    breaks: /was destroyed while its row was|did not vanish|bytes of std(out|err) are stored/,
  },
  {
    name: 'a pool counts its workers before it looks who else does',
    mutation: { repositories: withCarelessPool },
    breaks: /and may have/,
  },
  {
    name: 'waiting workers are taken for leftovers',
    mutation: { context: (context) => withoutKeeping(context) },
    breaks: /of the pool wait|of worker \S+ is still creating/,
  },
];

function withoutFence(repositories: Repositories, { store }: World): Repositories {
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

/** As with a `SELECT count(*)` and then an `INSERT`, without a lock between. */
function withCarelessPool(repositories: Repositories, { store }: World): Repositories {
  const { workers } = repositories;
  const insertForPool: typeof workers.insertForPool = async (wanted) => {
    const pool = store.pools.get(wanted.pool);
    if (pool === undefined) return workers.insertForPool(wanted);
    store.pools.set(pool.name, { ...pool, maxWorkers: pool.maxWorkers + 1 });
    try {
      return await workers.insertForPool(wanted);
    } finally {
      store.pools.set(pool.name, pool);
    }
  };
  return { ...repositories, workers: overriding(workers, { insertForPool }) };
}

function withoutKeeping(context: JobContext): JobContext {
  if (context.idle !== undefined) context.idle.keeps = () => false;
  return context;
}

/** As with a clock that is ahead of the one that leases are given by. */
function withEarlyTakeOver(repositories: Repositories, { scheduler, ids, store }: World): Repositories {
  const clock = {
    now: () => scheduler.now() + 3200,
    sleep: (ms: number, signal?: AbortSignal) => scheduler.sleep(ms, signal),
  };
  const { ownership } = createInMemoryRepositories({ clock, ids, store });
  return { ...repositories, ownership };
}

/** As `SELECT` and then `UPDATE ... WHERE id = ...`, without a lock and without looking at the state again. */
function withBlindClaim(repositories: Repositories, { store, scheduler }: World): Repositories {
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
function withOldCount(repositories: Repositories, { store, scheduler }: World): Repositories {
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

function withUnnoticedPause(repositories: Repositories, { store }: World): Repositories {
  const { jobs } = repositories;
  const claimPending: typeof jobs.claimPending = async (claim) => {
    const queues = [...store.queues];
    for (const [name, queue] of queues) store.queues.set(name, { ...queue, paused: false });
    const claimed = jobs.claimPending(claim);
    for (const [name, queue] of queues) store.queues.set(name, queue);
    return claimed;
  };
  return { ...repositories, jobs: overriding(jobs, { claimPending }) };
}

function withLostOutput(repositories: Repositories, { store }: World): Repositories {
  const { logs } = repositories;
  const append: typeof logs.append = async (wanted) => {
    const seqs = await logs.append(wanted);
    const attempt = store.attempts.get(wanted.attemptId);
    if (attempt !== undefined && wanted.chunks.length > 1) store.logs.get(attempt.jobId)?.pop();
    return seqs;
  };
  return { ...repositories, logs: overriding(logs, { append }) };
}

function withForgottenBound(repositories: Repositories): Repositories {
  const { logs } = repositories;
  const getStored: typeof logs.getStored = async (query) => ({
    ...(await logs.getStored(query)),
    jobBytes: 0,
    cutOff: [],
  });
  return { ...repositories, logs: overriding(logs, { getStored }) };
}

function withoutWorkerGaps(repositories: Repositories): Repositories {
  const { logs } = repositories;
  const append: typeof logs.append = (wanted) =>
    logs.append({ ...wanted, chunks: wanted.chunks.filter(({ gap }) => gap?.reason !== 'worker_lost') });
  return { ...repositories, logs: overriding(logs, { append }) };
}

/** As if offsets were counted from what the engine still has. */
function withClosedGaps(provider: WorkerProvider): WorkerProvider {
  const close = (running: RunningJob): RunningJob => {
    const closed = { stdout: 0, stderr: 0 };
    return withOutput(running, ({ gap, ...chunk }) => {
      const offset = chunk.offset - closed[chunk.stream];
      closed[chunk.stream] += gap?.lostBytes ?? 0;
      return { ...chunk, offset };
    });
  };
  return {
    ...provider,
    launch: async (...args) => close(await provider.launch(...args)),
    recoverWorker: async (...args) => close(await provider.recoverWorker(...args)),
  };
}

/** The job, with its output in other words. */
function withOutput(running: RunningJob, change: (chunk: OutputChunk) => OutputChunk): RunningJob {
  const changed = async function* (): AsyncGenerator<OutputChunk> {
    for await (const chunk of running.output) yield change(chunk);
  };
  return {
    output: changed(),
    waitForExit: (options) => running.waitForExit(options),
    detach: () => running.detach(),
  };
}

function withLateRow(repositories: Repositories, { store }: World): Repositories {
  const { attempts, workers } = repositories;
  const begin: typeof attempts.begin = async (attempt) => {
    const begun = await attempts.begin(attempt);
    const row = store.workers.get(begun.workerId);
    if (row !== undefined) late.set(begun.workerId, row);
    store.workers.delete(begun.workerId);
    return begun;
  };
  const late = new Map<Worker['id'], Worker>();
  const markReady: typeof workers.markReady = async (ready) => {
    const row = late.get(ready.workerId);
    if (row !== undefined) store.workers.set(ready.workerId, row);
    return workers.markReady(ready);
  };
  return { ...repositories, attempts: overriding(attempts, { begin }), workers: overriding(workers, { markReady }) };
}

function withForgottenCancellation(repositories: Repositories, { store }: World): Repositories {
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

function withBlindLaunch(provider: WorkerProvider): WorkerProvider {
  const launch: WorkerProvider['launch'] = async (handle, order, options) => {
    try {
      return await provider.launch(handle, order, options);
    } catch (error) {
      if (!isHodeiError(error, 'provider_unavailable')) throw error;
      return await provider.launch(handle, order, options);
    }
  };
  return { ...provider, launch };
}

function withHastyLoss(provider: WorkerProvider): WorkerProvider {
  const lost = (error: unknown): never => {
    if (isHodeiError(error, 'provider_unavailable'))
      throw new HodeiError('worker_not_found', 'nobody answers', { cause: error });
    throw error;
  };
  const watch = (running: RunningJob): RunningJob => ({
    output: rethrowing(running.output, lost),
    waitForExit: (options) => running.waitForExit(options).catch(lost),
    detach: () => running.detach(),
  });
  return {
    ...provider,
    launch: async (...args) => watch(await provider.launch(...args)),
    recoverWorker: async (...args) => watch(await provider.recoverWorker(...args).catch(lost)),
  };
}

async function* rethrowing(
  output: AsyncIterable<OutputChunk>,
  rethrow: (error: unknown) => never,
): AsyncGenerator<OutputChunk> {
  try {
    yield* output;
  } catch (error) {
    rethrow(error);
  }
}

function withoutTakenJobs(context: JobContext): JobContext {
  const { ownership } = context.repositories;
  const overrides: Partial<OwnershipRepository> = {
    takeOver: async (takeover) => ({ ...(await ownership.takeOver(takeover)), jobs: [] }),
    listOwned: async (owner) => ({ ...(await ownership.listOwned(owner)), jobs: [] }),
  };
  return { ...context, repositories: { ...context.repositories, ownership: overriding(ownership, overrides) } };
}

function withOwnWorkersOnly(context: JobContext): JobContext {
  const { workers } = context.repositories;
  const { epoch } = context.instance;
  const observe: typeof workers.observe = async (look) =>
    (await workers.observe(look)).filter((worker) => worker.epoch === epoch);
  return { ...context, repositories: { ...context.repositories, workers: overriding(workers, { observe }) } };
}

function withEmptyList(provider: WorkerProvider): WorkerProvider {
  const gone = (error: unknown): never => {
    throw isHodeiError(error, 'provider_unavailable') ? new HodeiError('worker_not_found', 'nobody answers') : error;
  };
  return {
    ...provider,
    listWorkers: async (...args) => provider.listWorkers(...args).catch(() => []),
    getWorkerStatus: async (...args) => provider.getWorkerStatus(...args).catch(gone),
  };
}

function withoutGrace(context: JobContext): JobContext {
  const { policy } = context;
  return { ...context, policy: { ...policy, graces: { ...policy.graces, lostAfterMs: 0 } } };
}

/** As with writes that change nothing, and nobody looks whether they did. */
function withoutOwnershipCheck(context: JobContext): JobContext {
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
  const transition: typeof workers.transition = async (change) =>
    (await workers.transition(change).catch(unlessStale)) ?? get(change.workerId);
  const repositories = {
    ...context.repositories,
    attempts: overriding(attempts, { finish }),
    logs: overriding(logs, { append }),
    workers: overriding(workers, { get, transition }),
  };
  return { ...context, repositories, lost: new AbortController().signal };
}
