import type { JobDescription, PoolView, ProviderView, WorkerView } from '@hodei/application';
import { HodeiClient } from '@hodei/client';
import {
  HodeiError,
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

import type { Backend, OutputQuery, ProviderLoad, QueueChange, SubmitOptions, WaitOptions } from '../backend.ts';
import { defined } from '../defined.ts';
import type { Finding } from '../finding.ts';
import { aWhileAfter } from './a-while-after.ts';
import { examineServer } from './examine-server.ts';
import {
  descriptionFromJson,
  jobFromJson,
  poolFromJson,
  poolViewFromJson,
  providerFromJson,
  recordFromJson,
  tokenFromJson,
  workerFromJson,
} from './from-json.ts';
import { jobInputToJson } from './job-input-json.ts';
import { refusalFromJson, translateClientError, translating } from './translate-client-error.ts';
import { waitForEnd } from './wait-for-end.ts';

/** The server takes no longer name of who asked. */
const MOST_OF_A_NAME = 128;

/** How a {@link RemoteBackend} reaches its server. */
export interface RemoteBackendParams {
  readonly url: string;
  readonly token?: string;
}

/** The backend that is a server, over HTTP. */
export class RemoteBackend implements Backend {
  readonly firstStep: string;
  readonly #client: HodeiClient;
  readonly #url: string;

  constructor({ url, token }: RemoteBackendParams) {
    this.#url = url;
    this.firstStep = `asking the server at ${url}`;
    this.#client = new HodeiClient({ baseUrl: url, ...(token === undefined ? {} : { token }) });
  }

  /**
   * Attached or not, the job is run by the server and goes on without us: so who gives up while the request is under
   * way is told of the job that came of it all the same, unless the server does not answer.
   */
  async submit(input: JobInput, { signal }: SubmitOptions): Promise<JobId> {
    signal?.throwIfAborted();
    const options = signal === undefined ? {} : { signal: aWhileAfter(signal) };
    try {
      return jobFromJson(await this.#client.jobs.submit(jobInputToJson(input), options)).id;
    } catch (error) {
      // Who has given up wants to hear no more of it.
      signal?.throwIfAborted();
      throw translateClientError(error);
    }
  }

  submitMany(inputs: readonly JobInput[]): Promise<readonly (Job | HodeiError)[]> {
    return translating(async () =>
      (await this.#client.jobs.submitMany(inputs.map(jobInputToJson))).map(({ job, error }) =>
        job === undefined ? refusalFromJson(error) : jobFromJson(job),
      ),
    );
  }

  waitForEnd(jobId: JobId, options: WaitOptions = {}): Promise<JobDescription> {
    return translating(() => waitForEnd(this.#client, jobId, options));
  }

  describe(jobId: JobId): Promise<JobDescription> {
    return translating(async () => descriptionFromJson(await this.#client.jobs.get(jobId)));
  }

  listJobs(query: JobQuery): Promise<Page<Job>> {
    return translating(async () => mapPage(await this.#client.jobs.list(query), jobFromJson));
  }

  async *followOutput(query: OutputQuery): AsyncGenerator<LogRecord> {
    const { jobId, afterSeq, stream, since, follow = false, signal } = query;
    try {
      const output = this.#client.jobs.followOutput(jobId, {
        follow,
        ...defined({ after: afterSeq?.toString(), stream, signal }),
        ...(since === undefined ? {} : { since: new Date(since).toISOString() }),
      });
      for await (const record of output) yield recordFromJson(record);
    } catch (error) {
      throw translateClientError(error);
    }
  }

  cancel(jobId: JobId, by: string, options: { readonly force?: boolean } = {}): Promise<Job> {
    const request = { ...options, for: by.slice(0, MOST_OF_A_NAME) };
    return translating(async () => jobFromJson(await this.#client.jobs.cancel(jobId, request)));
  }

  listWorkers(query: WorkerQuery): Promise<Page<WorkerView>> {
    return translating(async () => mapPage(await this.#client.workers.list(query), workerFromJson));
  }

  getWorker(workerId: WorkerId): Promise<WorkerView> {
    return translating(async () => workerFromJson(await this.#client.workers.get(workerId)));
  }

  drainWorker(workerId: WorkerId): Promise<Worker> {
    return translating(async () => workerFromJson(await this.#client.workers.drain(workerId)).worker);
  }

  destroyWorker(workerId: WorkerId): Promise<Worker> {
    return translating(async () => workerFromJson(await this.#client.workers.destroy(workerId)).worker);
  }

  listProviders(): Promise<readonly ProviderView[]> {
    return translating(async () => (await this.#client.providers.list()).map(providerFromJson));
  }

  async providerLoads(): Promise<readonly ProviderLoad[]> {
    const providers = await this.listProviders();
    return providers.map(({ config: { name, maxWorkers }, status, liveWorkers }) => ({
      name,
      status,
      liveWorkers,
      maxWorkers,
    }));
  }

  getProvider(name: string): Promise<ProviderView> {
    return translating(async () => providerFromJson(await this.#client.providers.get(name)));
  }

  changeProvider(name: string, patch: ProviderPatch): Promise<ProviderConfig> {
    return translating(async () => providerFromJson(await this.#client.providers.update(name, patch)).config);
  }

  listQueues(): Promise<readonly QueueView[]> {
    return translating(() => this.#client.queues.list());
  }

  changeQueue(name: string, change: QueueChange): Promise<Queue> {
    const { paused, weight, maxInFlight: limit } = change;
    if (paused !== undefined && weight === undefined && limit === undefined) {
      return translating(() => (paused ? this.#client.queues.pause(name) : this.#client.queues.resume(name)));
    }
    return translating(async () => {
      const found = (await this.#client.queues.list()).find((queue) => queue.name === name);
      const maxInFlight = limit === undefined ? found?.maxInFlight : (limit ?? undefined);
      return this.#client.queues.put(name, {
        paused: paused ?? found?.paused ?? false,
        weight: weight ?? found?.weight ?? 1,
        ...(maxInFlight === undefined ? {} : { maxInFlight }),
      });
    });
  }

  deleteQueue(name: string): Promise<void> {
    return translating(() => this.#client.queues.delete(name));
  }

  listLimits(): Promise<readonly KeyLimitView[]> {
    return translating(() => this.#client.limits.list());
  }

  putLimit({ key, maxInFlight }: KeyLimit): Promise<KeyLimit> {
    return translating(() => this.#client.limits.put(key, maxInFlight));
  }

  deleteLimit(key: string): Promise<void> {
    return translating(() => this.#client.limits.delete(key));
  }

  listPools(): Promise<readonly PoolView[]> {
    return translating(async () => (await this.#client.pools.list()).map(poolViewFromJson));
  }

  putPool({ name, ...pool }: PoolInput): Promise<Pool> {
    return translating(async () => poolFromJson(await this.#client.pools.put(name, pool)));
  }

  deletePool(name: string): Promise<void> {
    return translating(() => this.#client.pools.delete(name));
  }

  listTokens(): Promise<readonly Token[]> {
    return translating(async () => (await this.#client.tokens.list()).map(tokenFromJson));
  }

  /** By whom, the server knows from our own token. */
  createToken({ expiresAt, ...input }: TokenInput): Promise<{ readonly token: Token; readonly text: string }> {
    return translating(async () => {
      const { token: text, ...token } = await this.#client.tokens.create({
        ...input,
        ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
      });
      return { token: tokenFromJson(token), text };
    });
  }

  /** By whom, the server knows from our own token. */
  revokeToken(id: string): Promise<Token> {
    return translating(async () => tokenFromJson(await this.#client.tokens.revoke(id)));
  }

  async *changes(signal: AbortSignal): AsyncGenerator<unknown> {
    try {
      yield* this.#client.events.follow({ signal });
    } catch (error) {
      if (!signal.aborted) throw translateClientError(error);
    }
  }

  runPending(): Promise<void> {
    return Promise.reject(new HodeiError('unsupported', 'jobs of a server are run by the server'));
  }

  examine(): AsyncIterable<Finding> {
    return examineServer(this.#client, this.#url);
  }

  /** Nothing is kept open. */
  async [Symbol.asyncDispose](): Promise<void> {}
}

const mapPage = <From, To>(
  { items, nextCursor }: { readonly items: readonly From[]; readonly nextCursor?: string },
  map: (item: From) => To,
): Page<To> => ({ items: items.map(map), ...(nextCursor === undefined ? {} : { nextCursor }) });
