import {
  HodeiError,
  type CallOptions,
  type OutputChunk,
  type RecoverOptions,
  type RunningJob,
  type WorkerEvent,
  type WorkerHandle,
  type WorkerId,
  type WorkerProvider,
} from '@hodei/domain';

import type { Calls } from './calls.ts';
import type { Gate } from './gate.ts';
import { shortId } from './reach-store.ts';

/** How one life of an instance reaches an engine. */
export interface EngineSurroundings {
  readonly calls: Calls;
  readonly gate: Gate;
  /** Its connection to this worker broke. */
  readonly closeStdin: (workerId: WorkerId) => void;
  /** What became of a piece of output on its way: the sizes to cut it at, or a broken connection. */
  readonly outputFate: (chunk: OutputChunk) => readonly number[] | 'broken';
  readonly watch: (events: AsyncIterable<WorkerEvent>, signal: AbortSignal) => AsyncGenerator<WorkerEvent>;
  /** After each effect: a worker made by someone who died meanwhile is held by nobody. */
  readonly afterEffect: () => void;
}

/** A provider as one instance uses it: each call goes over a wire on which it has its own fate. */
export function reachEngine(provider: WorkerProvider, around: EngineSurroundings): WorkerProvider {
  const { calls, afterEffect, closeStdin } = around;
  const call = <T>(
    name: string,
    about: { readonly workerId?: WorkerId },
    options: CallOptions | undefined,
    effect: (signal: CallOptions) => Promise<T>,
  ): Promise<T> =>
    calls.make({
      name,
      target: 'engine',
      subject: about.workerId === undefined ? '' : shortId(about.workerId),
      signal: options?.signal,
      effect: (signal) => effect(signal === undefined ? {} : { signal }).finally(afterEffect),
      ...(name === 'launch' ? { onLost: () => about.workerId !== undefined && closeStdin(about.workerId) } : {}),
    });
  const follow = (handle: WorkerHandle, running: RunningJob): RunningJob => ({
    output: gatedOutput(running.output, around),
    waitForExit: (options) => call('waitForExit', handle, options, (signal) => running.waitForExit(signal)),
    detach: () => {
      if (!around.gate.isDead) running.detach();
    },
  });
  return {
    id: provider.id,
    type: provider.type,
    capabilities: () => provider.capabilities(),
    estimatedStartupMs: (spec) => provider.estimatedStartupMs(spec),
    // Like a real one it never rejects for a sick engine: not being reached is what it finds.
    checkHealth: (options) =>
      call('checkHealth', {}, options, (signal) => provider.checkHealth(signal)).catch((error: unknown) => {
        options?.signal?.throwIfAborted();
        return { status: 'unhealthy' as const, reasons: [String(error)], checkedAt: 0 };
      }),
    prepareImage: (image, options) =>
      call('prepareImage', {}, options, (signal) => provider.prepareImage(image, signal)),
    createWorker: (spec, options) =>
      call('createWorker', spec, options, (signal) => provider.createWorker(spec, signal)),
    launch: async (handle, order, options) =>
      follow(handle, await call('launch', handle, options, (signal) => provider.launch(handle, order, signal))),
    isWaiting: (handle) => !around.gate.isDead && provider.isWaiting(handle),
    announce: (handle, order) => {
      if (!around.gate.isDead) provider.announce?.(handle, order);
    },
    recoverWorker: async (handle, options) =>
      follow(
        handle,
        await call('recoverWorker', handle, options, (signal) =>
          provider.recoverWorker(handle, { ...question(options), ...signal }),
        ),
      ),
    getWorkerStatus: (handle, options) =>
      call('getWorkerStatus', handle, options, (signal) => provider.getWorkerStatus(handle, signal)),
    readLogs: (handle, query) => provider.readLogs(handle, query),
    listWorkers: (installationId, options) =>
      call('listWorkers', {}, options, (signal) => provider.listWorkers(installationId, signal)),
    watchWorkers: (installationId, { signal }) =>
      around.watch(provider.watchWorkers(installationId, { signal }), signal),
    stopWorker: (handle, options) =>
      call('stopWorker', handle, options, (signal) =>
        provider.stopWorker(handle, { gracePeriodMs: options.gracePeriodMs, ...signal }),
      ),
    destroyWorker: (worker, options) =>
      call('destroyWorker', worker, options, (signal) =>
        provider.destroyWorker(worker, { gracePeriodMs: options.gracePeriodMs, ...signal }),
      ),
    [Symbol.asyncDispose]: () => provider[Symbol.asyncDispose](),
  };
}

const question = ({ nonce, from, before }: RecoverOptions): RecoverOptions => ({
  nonce,
  from,
  ...(before === undefined ? {} : { before }),
});

/** Output comes in other pieces than it was written in, and its connection may break. */
async function* gatedOutput(
  output: AsyncIterable<OutputChunk>,
  { gate, outputFate }: EngineSurroundings,
): AsyncGenerator<OutputChunk> {
  const chunks = output[Symbol.asyncIterator]();
  for (;;) {
    const next = await gate.through(chunks.next());
    if (next.done) return;
    const fate = outputFate(next.value);
    if (fate === 'broken') throw new HodeiError('provider_unavailable', 'the connection broke while output was read');
    if (next.value.gap !== undefined) {
      yield next.value;
      continue;
    }
    let from = 0;
    for (const to of [...fate, next.value.bytes.length]) {
      if (to <= from) continue;
      yield { ...next.value, offset: next.value.offset + from, bytes: next.value.bytes.subarray(from, to) };
      await gate.pass();
      from = to;
    }
  }
}
