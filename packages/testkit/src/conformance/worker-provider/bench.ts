import { randomBytes, randomUUID } from 'node:crypto';
import {
  parseInstallationId,
  parseJobId,
  parseWorkerId,
  type InstallationId,
  type LaunchOrder,
  type ListedWorker,
  type ProviderCapabilities,
  type RunningJob,
  type WorkerExit,
  type WorkerHandle,
  type WorkerId,
  type WorkerProvider,
  type WorkerSpec,
} from '@hodei/domain';
import { expect } from 'vitest';
import type { ConformanceCommands, WorkerProviderHarness } from './harness.ts';
import { OutputReader } from './read-output.ts';

/** A job that the suite started. */
export interface StartedJob {
  readonly handle: WorkerHandle;
  readonly order: LaunchOrder;
  readonly running: RunningJob;
  readonly output: OutputReader;
}

/** A job that the suite ran to its end. */
export interface FinishedJob extends StartedJob {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: WorkerExit;
}

/** What one test works with. It remembers what the test made, and takes it away afterwards. */
export class Bench {
  readonly harness: WorkerProviderHarness;
  readonly provider: WorkerProvider;
  readonly #made = new Set<WorkerId>();
  readonly #providers: WorkerProvider[];

  constructor(harness: WorkerProviderHarness, provider: WorkerProvider) {
    this.harness = harness;
    this.provider = provider;
    this.#providers = [provider];
  }

  get commands(): ConformanceCommands {
    return this.harness.commands;
  }

  get capabilities(): ProviderCapabilities {
    return this.provider.capabilities();
  }

  /** A provider object as another process would have it. */
  connectAnother(): Promise<WorkerProvider> {
    return this.connect(() => this.harness.createProvider());
  }

  /** A provider object that is let go of after the test. */
  async connect(create: () => Promise<WorkerProvider>): Promise<WorkerProvider> {
    const provider = await create();
    this.#providers.push(provider);
    return provider;
  }

  /** A spec with an id of its own, whose worker is taken away after the test. */
  spec(parts: Partial<WorkerSpec> = {}): WorkerSpec {
    const spec: WorkerSpec = {
      workerId: newWorkerId(),
      installationId: this.harness.installationId,
      image: this.harness.image,
      pullPolicy: 'never',
      resources: {},
      network: 'none',
      labels: {},
      jobId: parseJobId(randomUUID()),
      expiresAt: Date.now() + 3_600_000,
      ...parts,
    };
    this.#made.add(spec.workerId);
    return spec;
  }

  async create(parts: Partial<WorkerSpec> = {}): Promise<WorkerHandle> {
    return await this.provider.createWorker(this.spec(parts));
  }

  order(argv: readonly string[], parts: Partial<LaunchOrder> = {}): LaunchOrder {
    return { nonce: randomBytes(16).toString('hex'), argv, env: {}, secrets: {}, ...parts };
  }

  /** Creates a worker and launches the command in it. */
  async start(argv: readonly string[], parts: Partial<LaunchOrder> = {}): Promise<StartedJob> {
    const handle = await this.create();
    const order = this.order(argv, parts);
    const running = await this.provider.launch(handle, order);
    return { handle, order, running, output: new OutputReader(running.output) };
  }

  /** Starts the command and waits for its end. */
  async run(argv: readonly string[], parts: Partial<LaunchOrder> = {}): Promise<FinishedJob> {
    const job = await this.start(argv, parts);
    await job.output.done;
    const exit = await job.running.waitForExit();
    return { ...job, exit, stdout: job.output.text('stdout'), stderr: job.output.text('stderr') };
  }

  /** What the provider lists of a worker. */
  async listed(workerId: WorkerId): Promise<readonly ListedWorker[]> {
    const all = await this.provider.listWorkers(this.harness.installationId);
    return all.filter((worker) => worker.workerId === workerId);
  }

  /** Waits until the engine says that the worker has ended. */
  async untilTerminated(handle: WorkerHandle, provider: WorkerProvider = this.provider): Promise<void> {
    const state = async () => (await provider.getWorkerStatus(handle)).state;
    await expect.poll(state, { timeout: 60_000, interval: 50 }).toBe('terminated');
  }

  /** Takes away what the test made, and fails where something is left. */
  async clear(): Promise<void> {
    const cleaner = await this.connectAnother();
    for (const workerId of this.#made) await cleaner.destroyWorker({ workerId }, { gracePeriodMs: 0 });
    const left = await cleaner.listWorkers(this.harness.installationId);
    for (const provider of this.#providers) await provider[Symbol.asyncDispose]();
    expect(left, 'workers that are left after the test').toEqual([]);
  }
}

/** An id that no worker has. */
export const newWorkerId = (): WorkerId => parseWorkerId(randomUUID());

/** An installation that is not ours. */
export const otherInstallation = (): InstallationId => parseInstallationId(randomUUID());

/** A handle as it comes back from a database. */
export const stored = (handle: WorkerHandle): WorkerHandle => JSON.parse(JSON.stringify(handle)) as WorkerHandle;
