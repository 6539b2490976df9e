import type {
  Attempt,
  AttemptId,
  Change,
  Epoch,
  EpochMs,
  HistoryEvent,
  InstallationId,
  Instance,
  Job,
  JobId,
  KeyLimit,
  LogRecord,
  Pool,
  ProviderConfig,
  ProviderId,
  Token,
  Queue,
  Share,
  Worker,
  WorkerId,
} from '@hodei/domain';

/** A job's row: the job, and its sealed secrets until it ends. */
export interface JobRow {
  readonly job: Job;
  readonly sealedSecrets?: Uint8Array;
}

/**
 * What a database would hold. Several control planes share an installation by sharing a store. Rows are never
 * changed, only replaced, and each operation of the repositories checks all before it writes anything: so each
 * is a transaction.
 */
export class InMemoryStore {
  readonly jobs = new Map<JobId, JobRow>();
  readonly queues = new Map<string, Queue>();
  readonly keyLimits = new Map<string, KeyLimit>();
  /** By parent, then by child. */
  readonly shares = new Map<string, Map<string, Share>>();
  readonly attempts = new Map<AttemptId, Attempt>();
  readonly workers = new Map<WorkerId, Worker>();
  /** What workers report with; hashes. */
  readonly workerTokens = new Map<
    WorkerId,
    { readonly epoch: Epoch; readonly hash: string; readonly nextHash?: string }
  >();
  readonly providers = new Map<ProviderId, ProviderConfig>();
  /** For which job a provider keeps room, and until when. */
  readonly setAside = new Map<ProviderId, { readonly jobId: JobId; readonly until: EpochMs }>();
  readonly pools = new Map<string, Pool>();
  readonly instances = new Map<Epoch, Instance>();
  readonly logs = new Map<JobId, LogRecord[]>();
  /** Of jobs that were submitted with one. */
  readonly requestHashes = new Map<JobId, string>();
  readonly tokens = new Map<string, { readonly token: Token; readonly secretHash: Uint8Array }>();
  readonly history: HistoryEvent[] = [];
  /** Made when the first instance registers. */
  installationId: InstallationId | undefined;
  sealingCheck: string | undefined;
  /** Which engines instances mean by a provider. */
  readonly engines = new Map<Epoch, Map<ProviderId, string>>();

  readonly #listeners = new Set<(change: Change) => void>();
  #epoch = 0;
  #logSeq = 0;
  #historySeq = 0;

  nextEpoch(): Epoch {
    this.#epoch += 1;
    return this.#epoch;
  }

  nextLogSeq(): number {
    this.#logSeq += 1;
    return this.#logSeq;
  }

  /** The number of the newest event, also where it was deleted since. */
  get lastHistorySeq(): number {
    return this.#historySeq;
  }

  /** Adds to the history. */
  record(event: Omit<HistoryEvent, 'seq'>): void {
    this.#historySeq += 1;
    this.history.push({ ...structuredClone(event), seq: this.#historySeq });
  }

  /** Tells all who watch. */
  announce(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }

  /** @returns what ends the subscription. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** As if the connection of every change feed had broken off and come back: all who watch are told to resync. */
  interruptFeeds(): void {
    this.announce({ kind: 'resync' });
  }
}
