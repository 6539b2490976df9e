import {
  createLaunchReader,
  encodeLaunchOrder,
  HodeiError,
  type CallOptions,
  type LaunchOrder,
  type LaunchVerdict,
  type OutputChunk,
  type OutputStream,
  type RunningJob,
  type WorkerExit,
} from '@hodei/domain';
import type { LocalWorker } from './local-worker.ts';
import { orAborted } from './or-aborted.ts';

type Step = IteratorResult<Uint8Array, unknown> & { readonly stream: OutputStream };
type Next = (stream: OutputStream) => Promise<Step>;

const REFUSALS = {
  'command-not-found': 'command_not_found',
  'command-not-executable': 'start_failed',
  'workdir-not-found': 'start_failed',
} as const satisfies Record<Exclude<LaunchVerdict, 'launched'>, string>;

/** Sends the order, and reads stdout as far as the worker's answer to it. */
export async function launchJob(worker: LocalWorker, order: LaunchOrder, signal?: AbortSignal): Promise<RunningJob> {
  const line = encodeLaunchOrder(order);
  worker.ordered = true;
  worker.write(line);
  worker.closeStdin(order.stdin);
  const streams = { stdout: worker.stdout[Symbol.asyncIterator](), stderr: worker.stderr[Symbol.asyncIterator]() };
  const next: Next = async (stream) => ({ stream, ...(await streams[stream].next()) });
  // Node throws away what nobody has begun to read when the process ends.
  const stderr = next('stderr');
  const reader = createLaunchReader(order.nonce);
  let first: Uint8Array = new Uint8Array(0);
  while (reader.verdict === undefined) {
    const { done, value } = await orAborted(next('stdout'), signal);
    if (done === true) throw new HodeiError('never_launched', 'the worker ended before it took the order');
    first = reader.push(value);
  }
  if (reader.verdict === 'launched')
    return new LocalJob(
      worker,
      next,
      new Map([
        ['stderr', stderr],
        ['stdout', next('stdout')],
      ]),
      first,
    );
  throw new HodeiError(REFUSALS[reader.verdict], `the worker could not begin "${order.argv[0]}": ${reader.verdict}`);
}

class LocalJob implements RunningJob {
  readonly output: AsyncIterable<OutputChunk>;
  readonly #worker: LocalWorker;
  readonly #detached = new AbortController();

  constructor(worker: LocalWorker, next: Next, pending: Map<OutputStream, Promise<Step>>, first: Uint8Array) {
    this.#worker = worker;
    this.output = readOutput(next, pending, first, this.#detached.signal);
  }

  async waitForExit({ signal }: CallOptions = {}): Promise<WorkerExit> {
    return await orAborted(this.#worker.ended, signal);
  }

  detach(): void {
    this.#detached.abort();
    // A job whose output nobody takes would stand still when its pipe is full.
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
  }
}

/** Both streams, in the order in which they bring something; reads on only when the reader wants more. */
async function* readOutput(
  next: Next,
  pending: Map<OutputStream, Promise<Step>>,
  first: Uint8Array,
  detached: AbortSignal,
): AsyncGenerator<OutputChunk> {
  const offsets = { stdout: 0, stderr: 0 };
  const chunk = (stream: OutputStream, bytes: Uint8Array): OutputChunk => {
    const offset = offsets[stream];
    offsets[stream] += bytes.length;
    return { stream, offset, bytes, at: Date.now() };
  };
  if (first.length > 0) yield chunk('stdout', first);
  while (pending.size > 0) {
    const step = await orAborted(Promise.race(pending.values()), detached).catch(() => undefined);
    if (detached.aborted || step === undefined) return;
    if (step.done === true) pending.delete(step.stream);
    else {
      pending.set(step.stream, next(step.stream));
      yield chunk(step.stream, step.value);
    }
  }
}
