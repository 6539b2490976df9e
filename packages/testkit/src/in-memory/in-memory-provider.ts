import {
  assertWithoutStdin,
  assertWorkerSpec,
  encodeLaunchOrder,
  HodeiError,
  LinkedAbort,
  NO_OUTPUT,
  orAborted,
  type CallOptions,
  type InstallationId,
  type LaunchOrder,
  type ListedWorker,
  type LogQuery,
  type OutputChunk,
  type OutputOffsets,
  type ProviderCapabilities,
  type ProviderHealth,
  type ProviderId,
  type RunningJob,
  type WorkerEvent,
  type WorkerHandle,
  type WorkerId,
  type WorkerProvider,
  type WorkerRef,
  type WorkerSpec,
  type WorkerStatus,
} from '@hodei/domain';
import { FaultPlan, type FaultableCall } from './faults.ts';
import { assertClaimed, assertWithin, IN_MEMORY_CAPABILITIES } from './in-memory-capabilities.ts';
import type { InMemoryEngine } from './in-memory-engine.ts';
import type { InMemoryOrder } from './in-memory-order.ts';
import { InMemoryRunningJob } from './in-memory-running-job.ts';
import type { InMemoryWorker } from './in-memory-worker.ts';
import { handleOf, listed } from './in-memory-handle.ts';
import { readWorkerLogs } from './read-worker-logs.ts';
import { anySignal } from './waiting.ts';
import { isOurs, labelsFor } from './worker-labels.ts';

type CreateOptions = NonNullable<Parameters<WorkerProvider['createWorker']>[1]>;

/** That a worker has ended is seen so many milliseconds later; until then it seems to wait, as a real one does. */
const NOTICED_MS = 5;

/** How an {@link InMemoryProvider} is made. */
export interface InMemoryProviderOptions {
  readonly id: ProviderId;
  readonly engine: InMemoryEngine;
  /** Given: workers of another installation are not ours either. */
  readonly installationId?: InstallationId;
  /** What to claim instead; what is not claimed fails with `unsupported`. */
  readonly capabilities?: Partial<ProviderCapabilities>;
  /** What goes wrong; by default a plan of its own, empty. */
  readonly faults?: FaultPlan;
  /** How much the engine keeps of what a worker of this provider writes, in bytes; the oldest is lost. By default all. */
  readonly maxLogBytes?: number;
}

/**
 * A provider without any engine but its {@link InMemoryEngine}: for tests of what uses providers, and for
 * simulations. It passes the provider conformance suite, takes its time from the engine's clock, and fails on
 * demand by its {@link FaultPlan}.
 */
export class InMemoryProvider implements WorkerProvider {
  readonly id: ProviderId;
  readonly type = 'in-memory';
  readonly faults: FaultPlan;
  readonly #engine: InMemoryEngine;
  readonly #installationId: InstallationId | undefined;
  readonly #capabilities: ProviderCapabilities;
  readonly #maxLogBytes: number | undefined;
  readonly #running = new Set<RunningJob>();
  /** Since when workers that have ended are asked for. */
  readonly #missed = new Map<WorkerId, number>();

  constructor(options: InMemoryProviderOptions) {
    this.id = options.id;
    this.#engine = options.engine;
    this.#installationId = options.installationId;
    this.#capabilities = { ...IN_MEMORY_CAPABILITIES, ...options.capabilities };
    this.faults = options.faults ?? new FaultPlan();
    this.#maxLogBytes = options.maxLogBytes;
  }

  capabilities(): ProviderCapabilities {
    return this.#capabilities;
  }

  estimatedStartupMs({ image }: Pick<WorkerSpec, 'image'>): number {
    return this.#engine.startMs + this.#engine.images.missingMs(image);
  }

  async checkHealth({ signal }: CallOptions = {}): Promise<ProviderHealth> {
    const checkedAt = this.#engine.clock.now();
    try {
      await this.#call('checkHealth', undefined, signal, async () => undefined);
      return { status: 'healthy', reasons: [], checkedAt, latencyMs: this.#engine.clock.now() - checkedAt };
    } catch (error) {
      signal?.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      return { status: 'unhealthy', reasons: [reason], checkedAt };
    }
  }

  async prepareImage(
    image: Parameters<WorkerProvider['prepareImage']>[0],
    { signal, onProgress }: CreateOptions = {},
  ): Promise<void> {
    await this.#call('prepareImage', undefined, signal, (any) =>
      this.#engine.images.prepare(image.image, image.pullPolicy, any, (progress) => onProgress?.(progress)),
    );
  }

  async createWorker(spec: WorkerSpec, { signal, onProgress }: CreateOptions = {}): Promise<WorkerHandle> {
    return await this.#call('createWorker', spec.workerId, signal, async (any) => {
      const there = this.#engine.find(spec.workerId);
      if (there !== undefined) return await this.#adopt(there, any);
      assertWorkerSpec(spec);
      assertWithin(this.#capabilities, spec);
      this.#engine.images.assertUsable(spec.image, spec.direct === undefined);
      if (!this.#engine.networks.has(spec.network)) {
        throw new HodeiError('network_not_found', `there is no network "${spec.network}" on the in-memory engine`);
      }
      onProgress?.({ phase: 'creating-worker' });
      onProgress?.({ phase: 'starting-worker' });
      const worker = await this.#engine.create(spec, labelsFor(spec, this.id), this, any, this.#maxLogBytes);
      if (worker.verdict === 'command-not-found') {
        this.#engine.remove(worker);
        throw noSuchProgram(spec.direct?.argv[0]);
      }
      return handleOf(worker, this);
    });
  }

  async launch(handle: WorkerHandle, order: LaunchOrder, { signal }: CallOptions = {}): Promise<RunningJob> {
    return await this.#call('launch', handle.workerId, signal, async () => {
      const worker = this.#find(handle);
      const direct = worker.direct === undefined ? undefined : worker.job(order.nonce);
      if (direct !== undefined) return this.#attach(direct, NO_OUTPUT, handle.workerId);
      // What no real worker could read is refused here as well.
      encodeLaunchOrder(order);
      if (worker.isReusable) assertWithoutStdin(order);
      if (worker.nonce === undefined && worker.exit !== undefined) throw neverLaunched(worker);
      if (!worker.isWaiting) throw notReady(worker, 'can not take this order: it has one, or is not clean');
      if (!worker.isHeldBy(this)) throw notReady(worker, 'is not connected to this provider');
      const job = worker.order(order);
      if (job.verdict === 'command-not-found') throw noSuchProgram(order.argv[0]);
      return this.#attach(job, NO_OUTPUT, handle.workerId);
    });
  }

  isWaiting({ workerId }: WorkerHandle): boolean {
    const worker = this.#engine.find(workerId);
    if (worker !== undefined && worker.exit === undefined) return worker.isWaiting && worker.isHeldBy(this);
    const now = this.#engine.clock.now();
    const since = this.#missed.get(workerId) ?? now;
    this.#missed.set(workerId, since);
    return now - since < NOTICED_MS;
  }

  announce({ workerId }: WorkerHandle, { nonce }: LaunchOrder): void {
    const worker = this.#engine.find(workerId);
    if (worker?.isWaiting === true && worker.isHeldBy(this)) worker.announced = nonce;
  }

  async recoverWorker(
    handle: WorkerHandle,
    options: CallOptions & { readonly nonce: string; readonly from: OutputOffsets },
  ): Promise<RunningJob> {
    return await this.#call('recoverWorker', handle.workerId, options.signal, async (any) => {
      assertClaimed(this.#capabilities.recovery, 'recovery');
      const worker = this.#find(handle);
      const job = await worker.untilDecided(options.nonce, any);
      if (job === undefined || job.verdict === 'command-not-found') throw neverLaunched(worker);
      return this.#attach(job, options.from, handle.workerId);
    });
  }

  async getWorkerStatus(handle: WorkerHandle, { signal }: CallOptions = {}): Promise<WorkerStatus> {
    return await this.#call('getWorkerStatus', handle.workerId, signal, async () => {
      const { state, exit } = this.#find(handle);
      return { state, engineState: exit === undefined ? 'running' : 'exited', ...(exit === undefined ? {} : { exit }) };
    });
  }

  async *readLogs(handle: WorkerHandle, query: LogQuery = {}): AsyncGenerator<OutputChunk> {
    const worker = await this.#call('readLogs', handle.workerId, query.signal, async () => {
      const found = this.#find(handle);
      assertClaimed(this.#capabilities.retainedLogs || found.exit === undefined, 'logs of an ended worker');
      return found;
    });
    yield* readWorkerLogs(worker, query, anySignal(query.signal, this.#engine.downSignal));
  }

  async listWorkers(installationId: InstallationId, { signal }: CallOptions = {}): Promise<readonly ListedWorker[]> {
    return await this.#call('listWorkers', undefined, signal, async () =>
      this.#engine
        .workers()
        .filter(({ labels }) => isOurs(labels, this.id, installationId))
        .map(listed),
    );
  }

  async *watchWorkers(
    installationId: InstallationId,
    { signal }: { readonly signal: AbortSignal },
  ): AsyncGenerator<WorkerEvent> {
    assertClaimed(this.#capabilities.watch, 'watching');
    const queue = this.#engine.events.open(({ labels }) => isOurs(labels, this.id, installationId));
    try {
      if (signal.aborted) return;
      await this.#call('watchWorkers', undefined, signal, async () => undefined);
      yield { kind: 'resync', at: this.#engine.clock.now() };
      for (;;) yield await queue.next(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      queue.close();
    }
  }

  async stopWorker(handle: WorkerHandle, options: CallOptions & { readonly gracePeriodMs: number }): Promise<void> {
    await this.#call('stopWorker', handle.workerId, options.signal, async (any) => {
      const worker = this.#engine.find(handle.workerId);
      if (worker !== undefined && this.#isOurs(worker)) await this.#end(worker, options.gracePeriodMs, any);
    });
  }

  async destroyWorker(ref: WorkerRef, options: CallOptions & { readonly gracePeriodMs: number }): Promise<void> {
    await this.#call('destroyWorker', ref.workerId, options.signal, async (any) => {
      const worker = this.#engine.find(ref.workerId);
      if (worker === undefined || !this.#isOurs(worker)) return;
      await this.#end(worker, options.gracePeriodMs, any);
      this.#engine.remove(worker);
      this.#missed.delete(ref.workerId);
    });
  }

  /** Lets go of all connections, as the death of the controller does: idle workers end, busy ones go on. */
  disconnect(): void {
    for (const running of this.#running) running.detach();
    this.#running.clear();
    for (const worker of this.#engine.workers()) worker.release(this);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disconnect();
  }

  async #call<T>(
    call: FaultableCall,
    workerId: WorkerId | undefined,
    signal: AbortSignal | undefined,
    effect: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { clock, downSignal } = this.#engine;
    using either = new LinkedAbort(...(signal === undefined ? [downSignal] : [signal, downSignal]));
    return await this.faults.run(call, workerId, { clock, signal: either.signal }, () => effect(either.signal));
  }

  #find(handle: WorkerHandle): InMemoryWorker {
    const worker = this.#engine.find(handle.workerId);
    if (worker !== undefined && this.#isOurs(worker)) return worker;
    throw new HodeiError('worker_not_found', `the in-memory engine has no worker ${handle.workerId} of this provider`);
  }

  #isOurs(worker: InMemoryWorker): boolean {
    return isOurs(worker.labels, this.id, this.#installationId);
  }

  async #adopt(worker: InMemoryWorker, signal: AbortSignal): Promise<WorkerHandle> {
    if (!this.#isOurs(worker))
      throw new HodeiError('name_taken', `${worker.name} exists and is not ours; remove it or rename it`);
    await orAborted(worker.started, signal);
    worker.attach(this);
    return handleOf(worker, this);
  }

  #attach(job: InMemoryOrder, from: OutputOffsets, workerId: WorkerId): RunningJob {
    const running = new InMemoryRunningJob(job, from, this.#engine.downSignal, (ended, signal) =>
      this.#call('waitForExit', workerId, signal, (any) => orAborted(ended, any)),
    );
    this.#running.add(running);
    const forget = (): void => void this.#running.delete(running);
    job.ended.then(forget, forget);
    return running;
  }

  async #end(worker: InMemoryWorker, gracePeriodMs: number, signal: AbortSignal): Promise<void> {
    if (worker.exit !== undefined) return;
    worker.terminate();
    const patience = new AbortController();
    const grace = this.#engine.clock.sleep(gracePeriodMs, anySignal(signal, patience.signal)).then(() => worker.kill());
    await orAborted(Promise.race([worker.ended, grace]), signal).finally(() => patience.abort());
  }
}

const neverLaunched = (worker: InMemoryWorker): HodeiError =>
  new HodeiError('never_launched', `${worker.name} took no such order`);
const noSuchProgram = (name = ''): HodeiError =>
  new HodeiError('command_not_found', `there is no program "${name}" on the in-memory engine`);
const notReady = (worker: InMemoryWorker, why: string): HodeiError =>
  new HodeiError('worker_not_ready', `${worker.name} ${why}`);
