// Bugs about the engine and its workers; see planted-bugs.ts.
import {
  HodeiError,
  isHodeiError,
  type OutputChunk,
  type Repositories,
  type RunningJob,
  type Worker,
  type WorkerProvider,
} from '@hodei/domain';

import type { JobContext } from '../../../src/index.ts';
import { overriding } from '../overriding.ts';
import type { World } from '../world.ts';

export function withBlindLaunch(provider: WorkerProvider): WorkerProvider {
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

/** As if an engine that fails in an unknown way had refused the order. */
export function withHastyRefusal(provider: WorkerProvider): WorkerProvider {
  const launch: WorkerProvider['launch'] = async (...args) => {
    try {
      return await provider.launch(...args);
    } catch (error) {
      if (!isHodeiError(error, 'internal')) throw error;
      throw new HodeiError('worker_not_ready', 'the engine has refused the order', { cause: error });
    }
  };
  return { ...provider, launch };
}

/** As if an exit code said how a job ended, whoever ended it. */
export function withOwnEnds(provider: WorkerProvider): WorkerProvider {
  const watch = (running: RunningJob): RunningJob => ({
    output: running.output,
    detach: () => running.detach(),
    waitForExit: async (options) => {
      const { endedByEngine: _, ...exit } = await running.waitForExit(options);
      return exit;
    },
  });
  return {
    ...provider,
    launch: async (...args) => watch(await provider.launch(...args)),
    recoverWorker: async (...args) => watch(await provider.recoverWorker(...args)),
  };
}

/** As if an announced order needed nothing more. */
export function withHastyOrders(provider: WorkerProvider): WorkerProvider {
  const begun = new Map<string, Promise<RunningJob>>();
  const announce: WorkerProvider['announce'] = (handle, order) => {
    const running = provider.launch(handle, order);
    running.catch(() => undefined);
    begun.set(order.nonce, running);
  };
  const launch: WorkerProvider['launch'] = async (handle, order, options) =>
    (await begun.get(order.nonce)) ?? (await provider.launch(handle, order, options));
  return { ...provider, announce, launch };
}

export function withHastyLoss(provider: WorkerProvider): WorkerProvider {
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

export function withLateRow(repositories: Repositories, { store }: World): Repositories {
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

export function withOwnWorkersOnly(context: JobContext): JobContext {
  const { workers } = context.repositories;
  const { epoch } = context.instance;
  const observe: typeof workers.observe = async (look) =>
    (await workers.observe(look)).filter((worker) => worker.epoch === epoch);
  return { ...context, repositories: { ...context.repositories, workers: overriding(workers, { observe }) } };
}

export function withEmptyList(provider: WorkerProvider): WorkerProvider {
  const gone = (error: unknown): never => {
    throw isHodeiError(error, 'provider_unavailable') ? new HodeiError('worker_not_found', 'nobody answers') : error;
  };
  return {
    ...provider,
    listWorkers: async (...args) => provider.listWorkers(...args).catch(() => []),
    getWorkerStatus: async (...args) => provider.getWorkerStatus(...args).catch(gone),
  };
}

export function withoutGrace(context: JobContext): JobContext {
  const { policy } = context;
  return { ...context, policy: { ...policy, graces: { ...policy.graces, lostAfterMs: 0 } } };
}

/** As if an image were needed only while a job that names it is taken up. */
export function withImagesOfNobody(repositories: Repositories, { store }: World): Repositories {
  const find: Repositories['images']['find'] = async (providerId) => {
    const use = await repositories.images.find(providerId);
    const taken = [...store.jobs.values()].filter(({ job }) => job.epoch !== undefined);
    return { ...use, needed: new Set(taken.map(({ job }) => job.spec.image)) };
  };
  return { ...repositories, images: { find } };
}
