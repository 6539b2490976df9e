import type { JobDescription, PoolView, ProviderView, WorkerView } from '@hodei/application';
import type {
  Attempt,
  EpochMs,
  HodeiError,
  Job,
  JobId,
  JobInput,
  JobQuery,
  KeyLimit,
  KeyLimitView,
  LogRecord,
  OutputStream,
  Page,
  Pool,
  PoolInput,
  ProviderConfig,
  ProviderPatch,
  Queue,
  QueueView,
  Token,
  TokenInput,
  Worker,
  WorkerId,
  WorkerQuery,
} from '@hodei/domain';

import type { Finding } from './finding.ts';

/** Which output of a job to read. */
export interface OutputQuery {
  readonly jobId: JobId;
  /** Goes on after this record; absent: from the beginning. */
  readonly afterSeq?: number;
  readonly stream?: OutputStream;
  readonly since?: EpochMs;
  /** Goes on until the job has ended. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/** How to submit a job. */
export interface SubmitOptions {
  /** True: the job goes on without us; false: it is run for as long as this backend is open. */
  readonly detach: boolean;
  /** Gives up before anything is stored; after that it has no effect. */
  readonly signal?: AbortSignal;
}

/** How to wait for a job. */
export interface WaitOptions {
  readonly signal?: AbortSignal;
  /** Is told what the job waits for, in words that follow "waiting for", each time that changes. */
  readonly onWaiting?: (words: string) => void;
  /** Is told each attempt that has ended and that another one is to follow. */
  readonly onRetry?: (attempt: Attempt) => void;
}

/** What to change of a queue; `maxInFlight: null` takes its limit away. */
export interface QueueChange {
  readonly paused?: boolean;
  readonly weight?: number;
  readonly maxInFlight?: number | null;
}

/** A provider, and how much it has to do. */
export interface ProviderLoad {
  readonly name: string;
  /** Mode, health and load in one word; only the mode, where nobody looks after its health. */
  readonly status: ProviderView['status'];
  readonly liveWorkers: number;
  readonly maxWorkers: number;
}

/**
 * What the commands work with: this machine itself (embedded), or a server. All of them are written against this
 * port, so that they behave the same on both.
 *
 * Whatever goes wrong is a HodeiError; each method adds `config_invalid` and `database_unavailable` (the backend can't
 * be opened) to what it names.
 */
export interface Backend extends AsyncDisposable {
  /** What a submission begins with, for a person who waits for it. */
  readonly firstStep: string;

  /**
   * Stores a job and sees to it that it is run. Nothing is stored where this throws.
   * @throws HodeiError `invalid_input`, `limit_exceeded`, `provider_unavailable`; the signal's reason.
   */
  submit(input: JobInput, options: SubmitOptions): Promise<JobId>;

  /**
   * Stores many jobs, which go on without us. One that is refused costs the others nothing.
   * @returns what became of each, in their order. @throws HodeiError `provider_unavailable`
   */
  submitMany(inputs: readonly JobInput[]): Promise<readonly (Job | HodeiError)[]>;

  /** Resolves when the job has ended. @throws HodeiError `not_found`, `stale_epoch` (others have taken it over). */
  waitForEnd(jobId: JobId, options?: WaitOptions): Promise<JobDescription>;

  /** @throws HodeiError `not_found` */
  describe(jobId: JobId): Promise<JobDescription>;

  /** One page, the newest first. */
  listJobs(query: JobQuery): Promise<Page<Job>>;

  /** Output in the order in which it was stored. Reads no faster than it is asked. @throws HodeiError `not_found` */
  followOutput(query: OutputQuery): AsyncIterable<LogRecord>;

  /**
   * Asks for a job's end; see {@link Job.cancelRequest}. Idempotent.
   * @param options.force leaves it no time to end by itself, also where its end was asked for already.
   * @throws HodeiError `not_found`
   */
  cancel(jobId: JobId, by: string, options?: { readonly force?: boolean }): Promise<Job>;

  /** One page, the newest first, with their health as it is now. */
  listWorkers(query: WorkerQuery): Promise<Page<WorkerView>>;

  /** @throws HodeiError `not_found` */
  getWorker(workerId: WorkerId): Promise<WorkerView>;

  /** Asks for a worker's end once it has nothing to do; its owner acts. Idempotent. @throws HodeiError `not_found` */
  drainWorker(workerId: WorkerId, by: string): Promise<Worker>;

  /** Asks for a worker's end now; its owner acts. A job in it is tried again. @throws HodeiError `not_found` */
  destroyWorker(workerId: WorkerId, by: string): Promise<Worker>;

  /** All, by name, with their health as it is now. */
  listProviders(): Promise<readonly ProviderView[]>;

  /** All, by name. Asks no engine. */
  providerLoads(): Promise<readonly ProviderLoad[]>;

  /** With its health as it is now. @throws HodeiError `not_found` */
  getProvider(name: string): Promise<ProviderView>;

  /** Changes what an operator decides of a provider. @throws HodeiError `not_found`, `invalid_input`, `conflict` */
  changeProvider(name: string, patch: ProviderPatch): Promise<ProviderConfig>;

  /** All that are configured or have live jobs, by name. */
  listQueues(): Promise<readonly QueueView[]>;

  /** Changes what is given of a queue, and leaves the rest as it is. @throws HodeiError `invalid_input` */
  changeQueue(name: string, change: QueueChange): Promise<Queue>;

  /** Forgets how a queue is configured. @throws HodeiError `not_found` */
  deleteQueue(name: string): Promise<void>;

  /** All, by key. */
  listLimits(): Promise<readonly KeyLimitView[]>;

  /** @throws HodeiError `invalid_input` */
  putLimit(limit: KeyLimit): Promise<KeyLimit>;

  /** @throws HodeiError `not_found` */
  deleteLimit(key: string): Promise<void>;

  /** All, by name, with how their workers are. */
  listPools(): Promise<readonly PoolView[]>;

  /** Creates a pool, or replaces it. @throws HodeiError `invalid_input`, `conflict` */
  putPool(input: PoolInput): Promise<Pool>;

  /** @throws HodeiError `not_found` */
  deletePool(name: string): Promise<void>;

  /**
   * Gives something whenever a change was told, until the signal aborts. Not all changes are told.
   * @throws HodeiError `forbidden`
   */
  changes(signal: AbortSignal): AsyncIterable<unknown>;

  /** All, the oldest first, the revoked ones too. */
  listTokens(): Promise<readonly Token[]>;

  /** Makes a token; its text is told this once. @throws HodeiError `invalid_input` */
  createToken(input: TokenInput, by: string): Promise<{ readonly token: Token; readonly text: string }>;

  /** Makes a token worth nothing, within seconds. Idempotent. @throws HodeiError `not_found` */
  revokeToken(id: string, by: string): Promise<Token>;

  /** Runs what is pending, and what was left by those who died, until nothing is left to do here. */
  runPending(): Promise<void>;

  /** Looks at everything that jobs need, one thing after another. Never throws: what fails is a finding. */
  examine(): AsyncIterable<Finding>;
}
