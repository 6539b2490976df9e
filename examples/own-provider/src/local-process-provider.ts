import { setTimeout as sleep } from 'node:timers/promises';
import {
  HodeiError,
  RESOURCE_NAMES,
  type CallOptions,
  type InstallationId,
  type LaunchOrder,
  type ListedWorker,
  type OutputChunk,
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
import { launchJob } from './local-job.ts';
import { LocalWorker } from './local-worker.ts';
import { orAborted } from './or-aborted.ts';

/** The workers of this machine: what an engine is to other providers. They do not outlive this process' memory. */
export type LocalWorkers = Map<WorkerId, LocalWorker>;

const CAPABILITIES: ProviderCapabilities = {
  maxResources: {},
  minResources: {},
  enforcedLimits: [],
  gpuTypes: [],
  architectures: [],
  runtimes: [],
  regions: [],
  persistentStorage: false,
  customNetworking: false,
  launchModes: ['order'],
  watch: false,
  retainedLogs: false,
  recovery: false,
  reuse: false,
  sharedNetwork: false,
  features: [],
  labels: {},
};

/** Runs jobs as processes of this machine, without any isolation. It claims nothing that it does not do. */
export class LocalProcessProvider implements WorkerProvider {
  readonly id: ProviderId;
  readonly type = 'local-process';
  readonly #workers: LocalWorkers;

  constructor(id: ProviderId, workers: LocalWorkers) {
    this.id = id;
    this.#workers = workers;
  }

  capabilities(): ProviderCapabilities {
    return CAPABILITIES;
  }

  estimatedStartupMs(): number {
    return 5;
  }

  async checkHealth({ signal }: CallOptions = {}): Promise<ProviderHealth> {
    signal?.throwIfAborted();
    return { status: 'healthy', reasons: [], checkedAt: Date.now() };
  }

  async prepareImage(_image: unknown, { signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
  }

  async createWorker(spec: WorkerSpec, { signal }: CallOptions = {}): Promise<WorkerHandle> {
    signal?.throwIfAborted();
    refuseWhatIsNotClaimed(spec);
    const worker = this.#workers.get(spec.workerId) ?? new LocalWorker(spec, this);
    this.#workers.set(spec.workerId, worker);
    try {
      await orAborted(worker.spawned, signal);
    } catch (error) {
      await this.destroyWorker(spec, { gracePeriodMs: 0 });
      signal?.throwIfAborted();
      throw new HodeiError('start_failed', 'this machine could not start /bin/sh', { cause: error });
    }
    return {
      version: 1,
      workerId: spec.workerId,
      providerId: this.id,
      providerType: this.type,
      resourceId: worker.resourceId,
      createdAt: worker.createdAt,
      defaultCommand: [],
      warnings: ['the job runs in no image and on the network of this machine'],
      providerState: {},
    };
  }

  async launch(handle: WorkerHandle, order: LaunchOrder, { signal }: CallOptions = {}): Promise<RunningJob> {
    signal?.throwIfAborted();
    const worker = this.#find(handle);
    if (worker.ordered) throw new HodeiError('worker_not_ready', 'the worker has taken an order already');
    if (worker.exit !== undefined) throw new HodeiError('never_launched', 'the worker ended without an order');
    if (worker.holder !== this) throw new HodeiError('worker_not_ready', 'another provider object holds the worker');
    return await launchJob(worker, order, signal);
  }

  isWaiting({ workerId }: WorkerHandle): boolean {
    const worker = this.#workers.get(workerId);
    return worker?.holder === this && !worker.ordered && worker.exit === undefined;
  }

  async getWorkerStatus(handle: WorkerHandle, { signal }: CallOptions = {}): Promise<WorkerStatus> {
    signal?.throwIfAborted();
    const { exit } = this.#find(handle);
    return exit === undefined
      ? { state: 'ready', engineState: 'running' }
      : { state: 'terminated', engineState: 'exited', exit };
  }

  async listWorkers(installationId: InstallationId, { signal }: CallOptions = {}): Promise<readonly ListedWorker[]> {
    signal?.throwIfAborted();
    const ours = [...this.#workers.values()].filter(({ spec }) => spec.installationId === installationId);
    return ours.map(({ spec, resourceId, createdAt, exit }) => ({
      workerId: spec.workerId,
      ...(spec.jobId === undefined ? {} : { jobId: spec.jobId }),
      resourceId,
      state: exit === undefined ? 'ready' : 'terminated',
      createdAt,
      expiresAt: spec.expiresAt,
    }));
  }

  async stopWorker(
    ref: WorkerRef,
    { gracePeriodMs, signal }: CallOptions & { readonly gracePeriodMs: number },
  ): Promise<void> {
    signal?.throwIfAborted();
    const worker = this.#workers.get(ref.workerId);
    if (worker === undefined || worker.exit !== undefined) return;
    worker.signal('SIGTERM');
    await orAborted(Promise.race([worker.ended, sleep(gracePeriodMs, undefined, { ref: false })]), signal);
    if (worker.exit === undefined) worker.signal('SIGKILL');
    await orAborted(worker.ended, signal);
  }

  async destroyWorker(ref: WorkerRef, options: CallOptions & { readonly gracePeriodMs: number }): Promise<void> {
    await this.stopWorker(ref, options);
    this.#workers.delete(ref.workerId);
  }

  async recoverWorker(_handle: WorkerHandle): Promise<RunningJob> {
    throw unsupported('recovery');
  }

  async *readLogs(_handle: WorkerHandle): AsyncGenerator<OutputChunk> {
    throw unsupported('retainedLogs');
  }

  async *watchWorkers(_installationId: InstallationId): AsyncGenerator<WorkerEvent> {
    throw unsupported('watch');
  }

  /** Idle workers read the end of their stdin, and end. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.#workers.values()) if (worker.holder === this && !worker.ordered) worker.closeStdin();
  }

  #find(handle: WorkerHandle): LocalWorker {
    const worker = this.#workers.get(handle.workerId);
    if (worker !== undefined) return worker;
    throw new HodeiError('worker_not_found', `this machine has no worker ${handle.workerId}`);
  }
}

function refuseWhatIsNotClaimed(spec: WorkerSpec): void {
  if (spec.direct !== undefined) throw unsupported('direct launches');
  if (spec.reusable !== undefined) throw unsupported('reuse');
  if (spec.sharedNetworkKey !== undefined) throw unsupported('sharedNetwork');
  if (spec.network !== 'none') throw unsupported('customNetworking');
  if (spec.architecture !== undefined) throw unsupported('a choice of architectures');
  const limit = RESOURCE_NAMES.find((name) => spec.resources[name] !== undefined);
  if (limit !== undefined) throw unsupported(`a limit of ${limit}`);
}

const unsupported = (what: string): HodeiError =>
  new HodeiError('unsupported', `local processes do not have ${what}; their capabilities say so`);
