// Bugs about output; see planted-bugs.ts.
import { NO_OUTPUT, type OutputChunk, type Repositories, type RunningJob, type WorkerProvider } from '@hodei/domain';

import { overriding } from '../overriding.ts';
import type { World } from '../world.ts';

export function withRepeatedOutput(provider: WorkerProvider): WorkerProvider {
  return {
    ...provider,
    recoverWorker: async (handle, options) => {
      const running = await provider.recoverWorker(handle, { ...options, from: NO_OUTPUT });
      return withOutput(running, (chunk) => ({ ...chunk, offset: chunk.offset + options.from[chunk.stream] }));
    },
  };
}

export function withLostOutput(repositories: Repositories, { store }: World): Repositories {
  const { logs } = repositories;
  const append: typeof logs.append = async (wanted) => {
    const seqs = await logs.append(wanted);
    const attempt = store.attempts.get(wanted.attemptId);
    if (attempt !== undefined && wanted.chunks.length > 1) store.logs.get(attempt.jobId)?.pop();
    return seqs;
  };
  return { ...repositories, logs: overriding(logs, { append }) };
}

export function withForgottenBound(repositories: Repositories): Repositories {
  const { logs } = repositories;
  const getStored: typeof logs.getStored = async (query) => ({
    ...(await logs.getStored(query)),
    jobBytes: 0,
    cutOff: [],
  });
  return { ...repositories, logs: overriding(logs, { getStored }) };
}

export function withoutWorkerGaps(repositories: Repositories): Repositories {
  const { logs } = repositories;
  const append: typeof logs.append = (wanted) =>
    logs.append({ ...wanted, chunks: wanted.chunks.filter(({ gap }) => gap?.reason !== 'worker_lost') });
  return { ...repositories, logs: overriding(logs, { append }) };
}

/** As if offsets were counted from what the engine still has. */
export function withClosedGaps(provider: WorkerProvider): WorkerProvider {
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
