import type { ProviderCapabilities } from './capabilities.ts';
import type { EpochMs } from '../clock.ts';
import type { ImageCollection, ImageUse } from './image-use.ts';
import type { InstallationId, JobId, ProviderId, WorkerId } from '../ids.ts';
import type { LaunchOrder } from '../launch/launch-order.ts';
import type { OutputChunk, OutputOffsets, OutputStream } from '../output/output.ts';
import type { ProviderHealth } from './provider-health.ts';
import type { WorkerHandle, WorkerRef, WorkerSpec } from '../workers/worker.ts';
import type { WorkerState } from '../workers/worker-state.ts';

/** Every call of the port may be given up by its signal; it then rejects with the signal's reason. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** What a worker waits for while it is made, for people who wait with it. */
export interface ProvisionProgress {
  readonly phase: 'pulling-image' | 'creating-worker' | 'starting-worker';
  /** One line of words, like `12.3 of 45.6 MB`. */
  readonly detail?: string;
}

/** How a worker ended; of a reusable one, how the job ended that it ran. */
export interface WorkerExit {
  readonly exitCode: number;
  /** The name of the signal, where the engine saw one sent. Never inferred from the exit code. */
  readonly signal?: string;
  /** The engine's OOM flag; see {@link TerminationEvidence.oomKilled}. */
  readonly oomKilled: boolean;
  readonly exitedAt: EpochMs;
  /** Present where the worker is clean again and waits for its next order. Absent: destroy it. */
  readonly reusable?: true;
  /** Its engine went down and ended it, or forgot how it ended: its exit code says nothing about the job. */
  readonly endedByEngine?: true;
  /** Its engine was away when it ended: what it wrote last may be lost. */
  readonly outputMayBeCut?: true;
}

/** A job that runs in a worker, as seen from the process that launched or recovered it. */
export interface RunningJob {
  /**
   * The output of both streams, in the order in which it arrived, each stream from the offset that was asked for
   * on and without a hole: what can't be given any more has a chunk with a {@link OutputChunk.gap} in its place. It
   * ends when the job has ended and everything was read. Reading slowly slows the job down; nothing is dropped. May
   * be iterated once.
   */
  readonly output: AsyncIterable<OutputChunk>;
  /**
   * Resolves when the worker has ended, or a reusable one its job, and not before its output can be read to
   * the end.
   * @throws HodeiError `worker_not_found` where it vanished with its exit code, `provider_unavailable` where
   * the engine can't tell.
   */
  waitForExit(options?: CallOptions): Promise<WorkerExit>;
  /** Lets go of the connection. The job goes on. Idempotent. */
  detach(): void;
}

/** What an engine says about one worker now. */
export interface WorkerStatus {
  readonly state: WorkerState;
  /** Present where the worker has ended. */
  readonly exit?: WorkerExit;
  /** The engine's own word for the state, for people. */
  readonly engineState: string;
}

/** One worker in a provider's list: what its labels and state say. */
export interface ListedWorker {
  readonly workerId: WorkerId;
  readonly jobId?: JobId;
  readonly resourceId: string;
  readonly state: WorkerState;
  readonly createdAt: EpochMs;
  readonly expiresAt?: EpochMs;
  /** What the engine says is wrong with it, in words for people, like `it is paused`; absent: nothing. */
  readonly trouble?: string;
}

/**
 * Something happened to a worker. Events only say where to look; they may come twice, late or never.
 * `resync`: the stream was interrupted, anything may have happened.
 */
export type WorkerEvent =
  | {
      readonly kind: 'changed';
      readonly workerId: WorkerId;
      readonly state: WorkerState;
      readonly at: EpochMs;
      readonly exitCode?: number;
    }
  | { readonly kind: 'resync'; readonly at: EpochMs };

/** Which part of the logs to read. */
export interface LogQuery extends CallOptions {
  /** Only this stream; absent: both. */
  readonly stream?: OutputStream;
  /** Only the last so many lines of what is there. */
  readonly tail?: number;
  /** Only what was written at or after this moment. */
  readonly since?: EpochMs;
  /** Go on as the job writes, until the worker ends or the signal aborts. */
  readonly follow?: boolean;
  /** Skip so many bytes of each stream. Not together with `tail` or `since`. */
  readonly from?: OutputOffsets;
  /** Of a reusable worker, only the job of this order; absent: all of its jobs, one after the other. */
  readonly nonce?: string;
}

/** What a worker is asked that was launched before; see {@link WorkerProvider.recoverWorker}. */
export interface RecoverOptions {
  readonly nonce: string;
  readonly from: OutputOffsets;
  readonly before?: Readonly<Record<OutputStream, Uint8Array>>;
}

/**
 * A source of ephemeral workers. Implement it to bring Hodei Jobs to another engine; see
 * docs/guides/writing-a-provider.md and the conformance suite in `@hodei/testkit`.
 *
 * All methods reject with a {@link HodeiError} whose code the method names, and beside those with
 * `provider_unavailable` (engine not reached) or `provider_timeout` (it did not answer in time).
 */
export interface WorkerProvider extends AsyncDisposable {
  readonly id: ProviderId;
  /** Which adapter this is, like `docker`. */
  readonly type: string;

  /** What its engine calls itself, the same for all who reach it; absent where it has no such name. */
  readonly engineId?: string;

  /** What this provider can do, as it found out when it was built or last checked. No call to the engine. */
  capabilities(): ProviderCapabilities;

  /** How long a worker for this spec takes to be ready, in milliseconds: an estimate from what was seen. */
  estimatedStartupMs(spec: Pick<WorkerSpec, 'image'>): number;

  /** What a worker costs for so long, in the currency the operator thinks in; absent where it has no price. */
  estimatedCost?(spec: Pick<WorkerSpec, 'resources'>, durationMs: number): number | undefined;

  /** Looks at the engine. Never rejects for a sick engine: that is the result. */
  checkHealth(options?: CallOptions): Promise<ProviderHealth>;

  /**
   * Makes the image ready to be used, as its own phase: pulls it where the policy says so. Concurrent calls
   * for one image share one pull. Idempotent.
   * @throws HodeiError `image_not_found`, `image_pull_denied`, `image_pull_timeout`, `image_pull_failed`
   */
  prepareImage(
    image: Pick<WorkerSpec, 'image' | 'pullPolicy' | 'architecture'>,
    options?: CallOptions & { readonly onProgress?: (progress: ProvisionProgress) => void },
  ): Promise<void>;

  /**
   * Makes a worker and returns when it waits for its order (or, with `spec.direct`, when it runs). Idempotent
   * by worker id: where it exists already with our labels, that one is adopted. Where it fails, nothing is
   * left on the engine.
   * @throws HodeiError `image_not_found`, `image_without_shell`, `network_not_found`, `limit_exceeded`,
   * `command_not_found` (direct only), `start_failed`, `unsupported`
   */
  createWorker(
    spec: WorkerSpec,
    options?: CallOptions & { readonly onProgress?: (progress: ProvisionProgress) => void },
  ): Promise<WorkerHandle>;

  /**
   * Sends the launch order and returns when the worker has said that it is launched. A worker takes one order.
   * A worker made with `spec.direct` runs already: the order is not sent, its nonce and argv are ignored.
   *
   * A worker made with `spec.reusable` takes the next order once `waitForExit` of the one before has resolved
   * with `reusable`, or `launch` has rejected with `command_not_found` or `start_failed`. Nothing of a job's
   * processes, variables and working directory reaches the next one; what it wrote into files does. A job with
   * stdin has no place there.
   * @throws HodeiError `never_launched` where the worker ended without taking the order (safe to run
   * elsewhere), `command_not_found`, `start_failed` (workdir, not executable), `worker_not_ready` where this
   * process holds no connection to it, or it has taken an order already, or it is reusable and not (yet) clean;
   * `worker_not_found`; `unsupported` for stdin on a reusable worker.
   */
  launch(handle: WorkerHandle, order: LaunchOrder, options?: CallOptions): Promise<RunningJob>;

  /**
   * Whether the worker waits for an order over a connection of this process, as far as this process can tell without
   * asking anybody: false once it saw the connection end, or while the worker has an order. Costs nothing.
   */
  isWaiting(handle: WorkerHandle): boolean;

  /**
   * Optional. Tells a worker that waits which order may follow within milliseconds, so that all on the way to it wake up
   * and the worker has read it by then. It is no order: nothing of the job happens before `launch` is called with the same
   * order, the worker waits on for that or any other, and it ends with its controller as before. Secrets are not sent
   * ahead. Returns at once, never throws: what is wrong with the order, `launch` says.
   */
  announce?(handle: WorkerHandle, order: LaunchOrder): void;

  /**
   * Takes up a worker that another process launched, or this one before a restart. Output begins at `from`.
   * Works for a worker that has ended, as long as it is not destroyed, and for one whose engine has lost the
   * beginning of its log.
   *
   * @param options.before what is stored of each stream right before `from`, as far as it is known, with `*` for
   * each byte of a secret. By it a provider finds its place where it can't count from the log's beginning.
   * @throws HodeiError `never_launched` where there is no marker with this nonce and there will be none,
   * `worker_not_found`, `unsupported`
   */
  recoverWorker(handle: WorkerHandle, options: CallOptions & RecoverOptions): Promise<RunningJob>;

  /** @throws HodeiError `worker_not_found`; any other failure is not that. */
  getWorkerStatus(handle: WorkerHandle, options?: CallOptions): Promise<WorkerStatus>;

  /**
   * Reads the output from the engine, with the engine's timestamps and without the launch marker. An error
   * midway is thrown, never the end of the iteration.
   * @throws HodeiError `worker_not_found`, `invalid_input`
   */
  readLogs(handle: WorkerHandle, query?: LogQuery): AsyncIterable<OutputChunk>;

  /** All workers of this installation and provider, the ended ones too, in one call to the engine. */
  listWorkers(installationId: InstallationId, options?: CallOptions): Promise<readonly ListedWorker[]>;

  /**
   * Changes of the workers of this installation and provider, until the signal aborts (then it ends without
   * an error). Reconnects by itself and says `resync` then, and first of all.
   */
  watchWorkers(installationId: InstallationId, options: { readonly signal: AbortSignal }): AsyncIterable<WorkerEvent>;

  /**
   * Asks the worker's process to end, and kills it after the grace period. Resolves when it has ended; the
   * worker stays, with its exit code and logs, until it is destroyed. Idempotent; gone or ended is success.
   */
  stopWorker(handle: WorkerHandle, options: CallOptions & { readonly gracePeriodMs: number }): Promise<void>;

  /**
   * Stops the worker where it still runs, and removes it with all it had. Legal in every state, idempotent;
   * gone is success, and "being removed" is waited out.
   */
  destroyWorker(worker: WorkerRef, options: CallOptions & { readonly gracePeriodMs: number }): Promise<void>;

  /**
   * Present where something on the engine outlives the workers that share a network: takes away what no worker of
   * this installation has used for a while. To be called now and then; each process may.
   * @returns how many were taken away.
   */
  pruneSharedNetworks?(installationId: InstallationId, options?: CallOptions): Promise<number>;

  /** Whether images should go to make room; cheap. Absent: the provider has no images to collect. */
  wantsImageCollection?(options?: CallOptions): Promise<boolean>;

  /**
   * Removes images until there is room: only such as this provider itself pulled, that no job and no pool needs and
   * nothing was made from; the one that was used longest ago first.
   */
  collectImages?(use: ImageUse, options?: CallOptions): Promise<ImageCollection>;
}
