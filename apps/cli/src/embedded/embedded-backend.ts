import {
  cancelJob,
  createToken,
  deleteLimit,
  deletePool,
  deleteQueue,
  DEFAULT_JOB_POLICY,
  describeJob,
  destroyWorkerNow,
  drainWorker,
  followOutput,
  listLimits,
  listPools,
  listQueues,
  listTokens,
  putLimit,
  getWorker,
  listWorkers,
  putPool,
  revokeToken,
  submitJob,
  submitJobs,
  type Diagnostics,
  type JobDescription,
  type JobPolicy,
  type PoolView,
  type ProviderView,
  type WorkerView,
} from '@hodei/application';
import {
  orAborted,
  type HodeiError,
  type Job,
  type JobId,
  type JobInput,
  type JobQuery,
  type KeyLimit,
  type KeyLimitView,
  type LogRecord,
  type Page,
  type Pool,
  type PoolInput,
  type ProviderConfig,
  type ProviderPatch,
  type Queue,
  type QueueView,
  type Token,
  type TokenInput,
  type Worker,
  type WorkerId,
  type WorkerQuery,
} from '@hodei/domain';
import { openControlPlane, openStore, type ControlPlane, type Settings, type Store } from '@hodei/server';

import type { Backend, OutputQuery, ProviderLoad, QueueChange, SubmitOptions, WaitOptions } from '../backend.ts';
import { requestedBy } from '../commands/requested-by.ts';
import type { Finding } from '../finding.ts';
import { assertProviderAnswers } from './assert-provider-answers.ts';
import { changeQueue } from './change-queue.ts';
import { examine } from './examine.ts';
import { hasAbandoned } from './has-abandoned.ts';
import { LocalJob } from './local-job.ts';
import { runPending } from './run-pending.ts';
import { startRunnerProcess } from './start-runner-process.ts';
import { waitForEnd } from './wait-for-end.ts';
import { waitsElsewhere } from './waits-elsewhere.ts';

/** A job that others should take is offered here as well after this many milliseconds. */
const OFFER_AFTER_MS = 1000;

/** What an {@link EmbeddedBackend} is made of. */
export interface EmbeddedBackendParams {
  readonly settings: Settings;
  readonly diagnostics: Diagnostics;
  /** The program of this CLI, for runners in the background. */
  readonly entry: string;
}

/**
 * The backend without a server: this process is an instance of the control plane for as long as it needs to be. What
 * only looks at rows opens no more than the database.
 */
export class EmbeddedBackend implements Backend {
  readonly firstStep = 'opening the database and looking for an engine';
  readonly #params: EmbeddedBackendParams;
  readonly #jobs = new Map<JobId, LocalJob>();
  #store: Promise<Store> | undefined;
  #plane: Promise<ControlPlane> | undefined;

  constructor(params: EmbeddedBackendParams) {
    this.#params = params;
  }

  async submit(input: JobInput, { detach, signal }: SubmitOptions): Promise<JobId> {
    const plane = await orAborted(this.#controlPlane(), signal);
    await orAborted(assertProviderAnswers(plane.context.registry), signal);
    // Where another process has workers waiting for such a job, it is claimed there within milliseconds.
    const isAwaited = await waitsElsewhere(plane.context, input);
    const job = await submitJob(plane.context, input, { claim: !detach && !isAwaited });
    if (!detach) this.#jobs.set(job.id, new LocalJob(plane, job, isAwaited ? OFFER_AFTER_MS : 0));
    if (detach || (await hasAbandoned(plane.store.repositories))) await this.#startRunner();
    return job.id;
  }

  async submitMany(inputs: readonly JobInput[]): Promise<readonly (Job | HodeiError)[]> {
    const { context } = await this.#controlPlane();
    await assertProviderAnswers(context.registry);
    const results = await submitJobs(
      context,
      inputs.map((input) => ({ input })),
    );
    await this.#startRunner();
    return results;
  }

  async waitForEnd(jobId: JobId, options: WaitOptions = {}): Promise<JobDescription> {
    const store = await this.#rows();
    try {
      return await waitForEnd(store, jobId, options, this.#jobs.get(jobId));
    } catch (error) {
      const lost = (await this.#plane)?.lost.aborted ?? false;
      if (!lost || !this.#jobs.delete(jobId)) throw error;
      // Stopped by Ctrl-Z, or the machine slept: the job went on, but is not ours any more.
      this.#params.diagnostics.warn(
        'this process was paused for too long; one in the background goes on with the job',
        { jobId },
      );
      await this.#startRunner();
      return waitForEnd(store, jobId, options);
    }
  }

  async describe(jobId: JobId): Promise<JobDescription> {
    return describeJob(await this.#rows(), jobId);
  }

  async listJobs(query: JobQuery): Promise<Page<Job>> {
    return (await this.#rows()).repositories.jobs.list(query);
  }

  async *followOutput(query: OutputQuery): AsyncGenerator<LogRecord> {
    yield* followOutput(await this.#rows(), query);
  }

  async cancel(jobId: JobId, by: string, options?: { readonly force?: boolean }): Promise<Job> {
    return cancelJob(await this.#rows(), jobId, by, options);
  }

  async listWorkers(query: WorkerQuery): Promise<Page<WorkerView>> {
    return listWorkers(withPolicy(await this.#rows()), query);
  }

  async getWorker(workerId: WorkerId): Promise<WorkerView> {
    return getWorker(withPolicy(await this.#rows()), workerId);
  }

  async drainWorker(workerId: WorkerId, by: string): Promise<Worker> {
    return this.#afterRequest(await drainWorker(await this.#rows(), workerId, by));
  }

  async destroyWorker(workerId: WorkerId, by: string): Promise<Worker> {
    return this.#afterRequest(await destroyWorkerNow(await this.#rows(), workerId, by));
  }

  async listProviders(): Promise<readonly ProviderView[]> {
    const { registry } = (await this.#controlPlane()).context;
    await registry.checkHealth();
    return registry.find();
  }

  async providerLoads(): Promise<readonly ProviderLoad[]> {
    const { providers, workers } = (await this.#rows()).repositories;
    const [configs, live] = await Promise.all([providers.list(), workers.countLive()]);
    return configs.map(({ id, name, mode, maxWorkers }) => ({
      name,
      status: mode,
      liveWorkers: live.get(id) ?? 0,
      maxWorkers,
    }));
  }

  async getProvider(name: string): Promise<ProviderView> {
    const { registry } = (await this.#controlPlane()).context;
    const { config } = await registry.getByName(name);
    await registry.checkHealth(config.id);
    return registry.get(config.id);
  }

  async changeProvider(name: string, patch: ProviderPatch): Promise<ProviderConfig> {
    const { registry } = (await this.#controlPlane()).context;
    const { config } = await registry.getByName(name);
    await this.#recordChange(`provider ${name}`);
    return registry.update(config.id, patch);
  }

  async listQueues(): Promise<readonly QueueView[]> {
    return listQueues(await this.#rows());
  }

  async changeQueue(name: string, change: QueueChange): Promise<Queue> {
    return changeQueue(await this.#recordChange(`queue ${name}`), name, change);
  }

  async deleteQueue(name: string): Promise<void> {
    return deleteQueue(await this.#recordChange(`queue ${name}`), name);
  }

  async listLimits(): Promise<readonly KeyLimitView[]> {
    return listLimits(await this.#rows());
  }

  async putLimit(limit: KeyLimit): Promise<KeyLimit> {
    return putLimit(await this.#recordChange(`limit ${limit.key}`), limit);
  }

  async deleteLimit(key: string): Promise<void> {
    return deleteLimit(await this.#recordChange(`limit ${key}`), key);
  }

  async listPools(): Promise<readonly PoolView[]> {
    return listPools(await this.#rows());
  }

  async putPool(input: PoolInput): Promise<Pool> {
    return putPool(await this.#recordChange(`pool ${input.name}`), input);
  }

  async deletePool(name: string): Promise<void> {
    return deletePool(await this.#recordChange(`pool ${name}`), name);
  }

  async listTokens(): Promise<readonly Token[]> {
    return listTokens(await this.#rows());
  }

  async createToken(input: TokenInput, by: string): Promise<{ readonly token: Token; readonly text: string }> {
    return createToken(await this.#rows(), input, by);
  }

  async revokeToken(id: string, by: string): Promise<Token> {
    return revokeToken(await this.#rows(), id, by);
  }

  async *changes(signal: AbortSignal): AsyncGenerator<unknown> {
    using changes = (await this.#rows()).hub.subscribe({ kinds: ['job', 'deferred', 'cancel', 'worker'] });
    while (!signal.aborted) {
      // It only rejects with the reason of the signal.
      await changes.next(signal).catch(() => undefined);
      yield undefined;
    }
  }

  async runPending(): Promise<void> {
    const { settings, diagnostics } = this.#params;
    for (;;) {
      await using plane = await openControlPlane(settings, { diagnostics, prunes: isOwn(settings) });
      try {
        return await runPending(plane);
      } catch (error) {
        if (!plane.lost.aborted) throw error;
        diagnostics.warn('this process was paused for too long; it begins anew');
      }
    }
  }

  examine(): AsyncIterable<Finding> {
    return examine({
      settings: this.#params.settings,
      openStore: () => this.#rows(),
      openControlPlane: () => this.#controlPlane(),
    });
  }

  /** Waits for the jobs that run here, and until their workers are gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const opened of [this.#plane, this.#store]) {
      // Where it did not open, whoever asked for it was told.
      await (await opened?.catch(() => undefined))?.[Symbol.asyncDispose]();
    }
  }

  /** Where its owner is dead, somebody has to take the worker over to carry out what was asked. */
  async #afterRequest(worker: Worker): Promise<Worker> {
    if (worker.state !== 'terminated' && (await hasAbandoned((await this.#rows()).repositories)))
      await this.#startRunner();
    return worker;
  }

  /** Writes down who is about to change what, as a server does of its callers. @returns the rows. */
  async #recordChange(what: string): Promise<Store> {
    const store = await this.#rows();
    const data = { by: requestedBy('hodei'), what: what.slice(0, 200) };
    await store.repositories.history.append({ at: store.clock.now(), kind: 'audit.request', data });
    return store;
  }

  #startRunner(): Promise<void> {
    return startRunnerProcess(this.#params.entry, this.#params.settings);
  }

  #controlPlane(): Promise<ControlPlane> {
    const { settings, diagnostics } = this.#params;
    return (this.#plane ??= openControlPlane(settings, { diagnostics, prunes: isOwn(settings) }));
  }

  async #rows(): Promise<Store> {
    if (this.#plane !== undefined) return (await this.#plane).store;
    const { settings, diagnostics } = this.#params;
    return (this.#store ??= openStore(settings, { diagnostics }));
  }
}

const withPolicy = (store: Store): Store & { readonly policy: JobPolicy } => ({ ...store, policy: DEFAULT_JOB_POLICY });

/** How long jobs are kept in a database that others share is theirs to say. */
const isOwn = ({ databaseUrl }: Settings): boolean => databaseUrl === undefined;
