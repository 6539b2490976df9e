import {
  createSecretMask,
  endOfChunk,
  gapChunk,
  isHodeiError,
  lastBytes,
  type Attempt,
  type Job,
  type OutputChunk,
  type OutputOffsets,
  type OutputStream,
  type RecoverOptions,
  type StoredOutput,
} from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';
import { persist } from '../support/persist.ts';
import { BatchWriter } from './batch-writer.ts';
import { BoundedOutput } from './bounded-output.ts';
import { MaskedStream } from './masked-stream.ts';

type StoreContext = Pick<JobContext, 'repositories' | 'clock' | 'diagnostics' | 'hub' | 'telemetry'>;
type StoredAttempt = Pick<Attempt, 'id' | 'jobId' | 'number' | 'epoch' | 'acknowledged'>;
type Streams<T> = Readonly<Record<OutputStream, T>>;

const STREAMS = ['stdout', 'stderr'] as const satisfies readonly OutputStream[];
const NOTHING = new Uint8Array(0);
const NOTHING_STORED: StoredOutput = { jobBytes: 0, tails: { stdout: NOTHING, stderr: NOTHING }, cutOff: [] };

/** Of what was stored by a call whose answer was lost. */
const NOBODY_KNOWS: readonly number[] = [];

/** By so many bytes a provider finds its place again; see {@link RecoverOptions.before}. */
const BEFORE_BYTES = 1024;

/**
 * The durable end of one attempt's output: masks secrets, stores each byte once and no more of them than the job may
 * have, records what is missing, acknowledges by offset, and remembers how far it came, so that output can be resumed
 * after an interruption.
 */
export class OutputStore {
  readonly #context: StoreContext;
  readonly #attempt: StoredAttempt;
  readonly #secrets: readonly string[];
  readonly #maxBytes: number;
  readonly #lookbehindBytes: number;
  #acknowledged: OutputOffsets;
  #stored: StoredOutput | undefined;
  #isComplete = false;

  /** For an attempt of this job, with the bound that holds for it. */
  static for(
    context: StoreContext & Pick<JobContext, 'policy'>,
    { spec }: Pick<Job, 'spec'>,
    attempt: StoredAttempt,
    secrets: Readonly<Record<string, string>>,
  ): OutputStore {
    const maxBytes = Math.min(context.policy.maxOutputBytes, spec.maxOutputBytes ?? Number.POSITIVE_INFINITY);
    context.hub.output.open(attempt, isFresh(attempt) ? 0 : undefined);
    return new OutputStore(context, attempt, { secrets: Object.values(secrets), maxBytes });
  }

  /** @param options.maxBytes how much may be kept of the job, all its attempts together. */
  constructor(
    context: StoreContext,
    attempt: StoredAttempt,
    options: { readonly secrets: readonly string[]; readonly maxBytes: number },
  ) {
    this.#context = context;
    this.#attempt = attempt;
    this.#secrets = options.secrets;
    this.#maxBytes = options.maxBytes;
    this.#lookbehindBytes = createSecretMask(options.secrets).lookbehindBytes;
    this.#acknowledged = attempt.acknowledged;
    // Nothing can be stored of a job that just began its first attempt: it needs no look.
    if (isFresh(attempt)) this.#stored = NOTHING_STORED;
  }

  /** From where the job's output has to be read (again), so that nothing is lost and every secret is seen whole. */
  async resume(): Promise<Required<Pick<RecoverOptions, 'from' | 'before'>>> {
    const stored = await this.#load();
    const [stdout, stderr] = [this.#startOf('stdout', stored), this.#startOf('stderr', stored)];
    return {
      from: { stdout: stdout.from, stderr: stderr.from },
      before: { stdout: stdout.before, stderr: stderr.before },
    };
  }

  /**
   * Stores all of this output, which begins where {@link resume} says. Resolves when it has ended and is durable.
   * @throws HodeiError `stale_epoch` where the attempt belongs to another now; whatever the output throws (what
   * came before is stored then, and this may be called again with what follows).
   * @param letGo aborted, the end of the output is not the job's: what may be the beginning of a secret is then
   * left to who reads on.
   */
  async store(output: AsyncIterable<OutputChunk>, onFirstByte?: () => void, letGo?: AbortSignal): Promise<void> {
    const stored = await this.#load();
    const streams: Streams<MaskedStream> = {
      stdout: new MaskedStream(this.#secrets, this.#startOf('stdout', stored)),
      stderr: new MaskedStream(this.#secrets, this.#startOf('stderr', stored)),
    };
    const bounded = new BoundedOutput(Math.max(0, this.#maxBytes - stored.jobBytes), stored.cutOff);
    const writer = new BatchWriter((chunks) => this.#append(chunks));
    const write = async (chunks: readonly OutputChunk[]): Promise<void> => {
      for (const chunk of chunks) for (const kept of bounded.push(chunk)) await writer.write(kept);
    };
    try {
      for await (const chunk of output) {
        if (chunk.bytes.length > 0) onFirstByte?.();
        await write(streams[chunk.stream].push(chunk));
      }
      if (letGo?.aborted) return;
      const at = this.#context.clock.now();
      for (const stream of STREAMS) await write([streams[stream].flush(at)]);
      for (const chunk of bounded.flush(at)) await writer.write(chunk);
    } finally {
      await writer.close();
    }
    this.#isComplete = true;
  }

  /**
   * Records that what was not read of the output is lost. Where all was read of what there is, only an engine that
   * lost the rest of its log (`log_lost`) leaves anything to record.
   * @throws HodeiError `stale_epoch`
   */
  async loseRest(reason: 'worker_lost' | 'log_lost' = 'worker_lost'): Promise<void> {
    if (this.#isComplete && reason === 'worker_lost') return;
    const { cutOff } = await this.#load();
    const at = this.#context.clock.now();
    const lost = STREAMS.filter((stream) => !cutOff.includes(stream)).map((stream) =>
      gapChunk({ stream, offset: this.#acknowledged[stream], at }, reason),
    );
    await this.#append(lost).catch((error: unknown) => {
      // The attempt has its outcome: whoever recorded that has seen to this as well.
      if (!isHodeiError(error, 'conflict')) throw error;
    });
  }

  async #load(): Promise<StoredOutput> {
    const { logs } = this.#context.repositories;
    const query = { attemptId: this.#attempt.id, tailBytes: BEFORE_BYTES + this.#lookbehindBytes };
    const look = (): Promise<StoredOutput> => logs.getStored(query);
    return (this.#stored ??= await persist(this.#context, look, look));
  }

  /** A mask can't look behind a gap. */
  #startOf(stream: OutputStream, { tails }: Pick<StoredOutput, 'tails'>) {
    const tail = tails[stream];
    const acknowledged = this.#acknowledged[stream];
    const lookbehind = Math.min(this.#lookbehindBytes, tail.length);
    const isTorn = lookbehind < this.#lookbehindBytes && lookbehind < acknowledged;
    const before = tail.subarray(0, tail.length - lookbehind);
    return { stream, from: acknowledged - lookbehind, acknowledged, isTorn, before };
  }

  async #append(chunks: readonly OutputChunk[]): Promise<void> {
    const { logs, attempts } = this.#context.repositories;
    const before = this.#acknowledged;
    const after = { ...before };
    for (const chunk of chunks) after[chunk.stream] = endOfChunk(chunk);
    const moves = STREAMS.some((stream) => after[stream] !== before[stream]);
    const seqs = await persist(
      this.#context,
      () => logs.append({ attemptId: this.#attempt.id, epoch: this.#attempt.epoch, chunks }),
      async () => {
        // What moves no offset leaves no trace in them; it does no harm twice.
        if (!moves) return undefined;
        const { acknowledged } = await attempts.get(this.#attempt.id);
        return STREAMS.every((stream) => acknowledged[stream] === after[stream]) ? NOBODY_KNOWS : undefined;
      },
    );
    this.#acknowledged = after;
    this.#remember(chunks);
    this.#tell(chunks, seqs);
    this.#context.telemetry?.outputStored(chunks);
  }

  /** Those who follow it in this process get it from here; the others read it. */
  #tell(chunks: readonly OutputChunk[], seqs: readonly number[]): void {
    const { hub } = this.#context;
    // Of a gap, the store may have a record already, and it counts on.
    const isPlain = seqs.length === chunks.length && chunks.every(({ gap }) => gap === undefined);
    const attemptId = this.#attempt.id;
    const records = isPlain
      ? chunks.map((chunk, index) => ({ ...chunk, attemptId, seq: seqs[index] ?? 0 }))
      : undefined;
    hub.output.stored(this.#attempt, records);
    hub.tell({ kind: 'logs', jobId: this.#attempt.jobId });
  }

  #remember(chunks: readonly OutputChunk[]): void {
    const most = BEFORE_BYTES + this.#lookbehindBytes;
    let { jobBytes, cutOff } = this.#stored ?? NOTHING_STORED;
    const tails = { ...(this.#stored ?? NOTHING_STORED).tails };
    for (const { stream, bytes, gap } of chunks) {
      jobBytes += bytes.length;
      if (gap === undefined) tails[stream] = lastBytes(tails[stream], bytes, most);
      else tails[stream] = NOTHING;
      if (gap?.reason === 'over_limit' && !cutOff.includes(stream)) cutOff = [...cutOff, stream];
    }
    this.#stored = { jobBytes, tails, cutOff };
  }
}

/** The first attempt of a job, and nothing is stored of its output. */
const isFresh = ({ number, acknowledged }: StoredAttempt): boolean =>
  number === 1 && acknowledged.stdout + acknowledged.stderr === 0;
