import {
  HodeiError,
  type CallOptions,
  type ImageCollection,
  type ImageUse,
  type InstallationId,
  type LaunchOrder,
  type ListedWorker,
  type LogQuery,
  type OutputChunk,
  type ProviderCapabilities,
  type ProviderHealth,
  type ProviderId,
  type ProvisionProgress,
  type RecoverOptions,
  type RunningJob,
  type WorkerEvent,
  type WorkerHandle,
  type WorkerId,
  type WorkerProvider,
  type WorkerRef,
  type WorkerSpec,
  type WorkerStatus,
} from '@hodei/domain';

import { announceOrder } from './launch/announce-order.ts';
import { checkHealth } from './engine/check-health.ts';
import { collectImages } from './images/collect-images.ts';
import { createWorker, type WorkerFactory } from './workers/create-worker.ts';
import { destroyWorker } from './workers/destroy-worker.ts';
import type { ReadDisk } from './disk/disk-space.ts';
import { DiskWatch } from './disk/disk-watch.ts';
import type { DockerConfig } from './config/docker-config.ts';
import type { DockerEngine } from './engine/docker-engine.ts';
import { DockerImages, type ImageRequest } from './images/docker-images.ts';
import { estimateCost } from './config/estimate-cost.ts';
import { getWorkerStatus } from './workers/get-worker-status.ts';
import { launchWorker } from './launch/launch-worker.ts';
import { listWorkers } from './workers/list-workers.ts';
import { readLogs } from './output/read-logs.ts';
import { KeyedQueue } from './support/keyed-queue.ts';
import { recoverWorker } from './workers/recover-worker.ts';
import { SharedNetworks } from './workers/shared-networks.ts';
import { StartupTimes } from './workers/startup-times.ts';
import { stopWorker } from './workers/stop-worker.ts';
import { watchWorkers } from './workers/watch-workers.ts';
import { WorkerSessions } from './workers/worker-session.ts';

type ProgressOptions = CallOptions & { readonly onProgress?: (progress: ProvisionProgress) => void };

/**
 * Workers as containers of a Docker Engine. Made by {@link DockerProviderBuilder}.
 *
 * Disposing of it lets go of all connections: workers that wait for an order end, jobs go on.
 */
export class DockerProvider implements WorkerProvider {
  readonly id: ProviderId;
  readonly type = 'docker';
  readonly engineId?: string;
  readonly #engine: DockerEngine;
  readonly #config: DockerConfig;
  readonly #images: DockerImages;
  readonly #disk: DiskWatch;
  readonly #factory: WorkerFactory;
  readonly #sessions = new WorkerSessions();
  readonly #startupTimes = new StartupTimes();
  /** One worker is created by one call at a time; the next one adopts it. */
  readonly #creating = new KeyedQueue<WorkerId>();

  /** @internal Use {@link DockerProviderBuilder}, which asks the engine what it can do. */
  constructor(parts: {
    readonly id: ProviderId;
    /** See {@link DockerInfo.id}. */
    readonly engineId: string;
    readonly engine: DockerEngine;
    readonly config: DockerConfig;
    /** Where the credentials of `docker login` are looked for. */
    readonly env: NodeJS.ProcessEnv;
    readonly capabilities: ProviderCapabilities;
    readonly readDisk: ReadDisk;
  }) {
    this.id = parts.id;
    if (parts.engineId !== '') this.engineId = parts.engineId;
    this.#engine = parts.engine;
    this.#config = parts.config;
    const { id: providerId, engine, config, capabilities } = parts;
    this.#disk = new DiskWatch(parts.readDisk, config.disk);
    this.#images = new DockerImages(engine, config, {
      env: parts.env,
      disk: this.#disk,
      markFor: config.disk.collectImages ? providerId : undefined,
    });
    const surroundings = {
      engine,
      images: this.#images,
      disk: this.#disk,
      config,
      providerId,
      capabilities,
      shells: new Set<string>(),
    };
    this.#factory = {
      ...surroundings,
      networks: new SharedNetworks(surroundings),
      sessions: this.#sessions,
      startupTimes: this.#startupTimes,
    };
  }

  capabilities(): ProviderCapabilities {
    return this.#factory.capabilities;
  }

  estimatedStartupMs({ image }: Pick<WorkerSpec, 'image'>): number {
    return this.#startupTimes.estimate(image);
  }

  estimatedCost({ resources }: Pick<WorkerSpec, 'resources'>, durationMs: number): number | undefined {
    return estimateCost(this.#config, resources, durationMs);
  }

  async checkHealth(options: CallOptions = {}): Promise<ProviderHealth> {
    return await checkHealth(this.#engine, this.#config.health, { ...options, disk: this.#disk });
  }

  async prepareImage(image: ImageRequest, options: ProgressOptions = {}): Promise<void> {
    await this.#images.prepare(image, options);
  }

  async createWorker(spec: WorkerSpec, options: ProgressOptions = {}): Promise<WorkerHandle> {
    return await this.#creating.run(spec.workerId, () => createWorker(this.#factory, spec, options));
  }

  async launch(handle: WorkerHandle, order: LaunchOrder, { signal }: CallOptions = {}): Promise<RunningJob> {
    return await launchWorker(this.#engine, this.#sessions, handle, order, signal);
  }

  isWaiting({ workerId, resourceId }: WorkerHandle): boolean {
    return this.#sessions.isWaiting(workerId, resourceId);
  }

  announce(handle: WorkerHandle, order: LaunchOrder): void {
    announceOrder(this.#sessions, handle, order);
  }

  async recoverWorker(handle: WorkerHandle, options: CallOptions & RecoverOptions): Promise<RunningJob> {
    this.#assertClaimed('recovery', 'recovering workers');
    return await recoverWorker(this.#engine, this.#sessions, handle, options);
  }

  async getWorkerStatus(handle: WorkerHandle, { signal }: CallOptions = {}): Promise<WorkerStatus> {
    return await getWorkerStatus(this.#engine, handle, signal);
  }

  async *readLogs(handle: WorkerHandle, query: LogQuery = {}): AsyncGenerator<OutputChunk, void, undefined> {
    this.#assertClaimed('retainedLogs', 'reading logs');
    yield* readLogs(this.#engine, handle, query);
  }

  async listWorkers(installationId: InstallationId, options: CallOptions = {}): Promise<readonly ListedWorker[]> {
    return await listWorkers(this.#engine, { installationId, providerId: this.id }, options);
  }

  async *watchWorkers(
    installationId: InstallationId,
    { signal }: { readonly signal: AbortSignal },
  ): AsyncGenerator<WorkerEvent, void, undefined> {
    this.#assertClaimed('watch', 'watching workers');
    yield* watchWorkers(this.#engine, { installationId, providerId: this.id }, { signal });
  }

  async stopWorker(handle: WorkerHandle, options: CallOptions & { readonly gracePeriodMs: number }): Promise<void> {
    await stopWorker(this.#engine, handle, this.id, options);
  }

  async destroyWorker(worker: WorkerRef, options: CallOptions & { readonly gracePeriodMs: number }): Promise<void> {
    const ended = this.#sessions.endedContainer(worker);
    await destroyWorker(this.#engine, worker, this.id, { ...options, ended });
    this.#sessions.forget(worker.workerId);
  }

  async pruneSharedNetworks(installationId: InstallationId, { signal }: CallOptions = {}): Promise<number> {
    return await this.#factory.networks.prune(installationId, Date.now(), signal);
  }

  async wantsImageCollection({ signal }: CallOptions = {}): Promise<boolean> {
    return this.#config.disk.collectImages && (await this.#disk.isOverLow(signal));
  }

  async collectImages(use: ImageUse, { signal }: CallOptions = {}): Promise<ImageCollection> {
    if (!this.#config.disk.collectImages) return { removed: [] };
    const collector = { engine: this.#engine, images: this.#images, disk: this.#disk, providerId: this.id };
    return await collectImages(collector, use, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#sessions.closeAll();
  }

  #assertClaimed(capability: 'recovery' | 'retainedLogs' | 'watch', what: string): void {
    if (!this.capabilities()[capability])
      throw new HodeiError('unsupported', `this provider is set up without ${what}`);
  }
}
