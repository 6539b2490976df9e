import { setTimeout as delay } from 'node:timers/promises';

import {
  gapChunk,
  isHodeiError,
  NO_OUTPUT,
  type OutputChunk,
  type OutputStream,
  type WorkerHandle,
} from '@hodei/domain';

import type { DockerEngine } from './docker-engine.ts';
import { hasEnded, inspectPatiently } from './inspect-container.ts';
import { locateOutput, type LocatedOutput } from './locate-output.ts';
import { createLogCursor } from './log-cursor.ts';
import { createPlacedOutput, knownAfter, NOWHERE, type KnownOutput } from './output-place.ts';
import { readEngineLog } from './read-engine-log.ts';

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2_000;
/** So often a place is looked for in a log that is rotated while it is read; then it is unknown. */
const MAX_SEARCHES = 3;

const STREAMS = ['stdout', 'stderr'] as const satisfies readonly OutputStream[];

/**
 * The output of a job from the engine's log, from what is known of it on to its end. Where the engine breaks off
 * while the job runs, or in the middle, it goes on at the offset. What the log does not have any more is a gap.
 *
 * @param which.nonce of the job, where the worker is reusable.
 * @param which.hasLostBeginning where it is known already that the log has.
 * @throws HodeiError `worker_not_found` where the worker vanished before all was read; `provider_unavailable`
 * or `provider_timeout` where the engine stays away; the signal's reason.
 */
export async function* followJobLog(
  engine: DockerEngine,
  handle: WorkerHandle,
  from: KnownOutput,
  signal: AbortSignal,
  {
    nonce,
    hasLostBeginning = false,
  }: { readonly nonce?: string | undefined; readonly hasLostBeginning?: boolean } = {},
): AsyncGenerator<OutputChunk, void, undefined> {
  let known = from;
  let located = hasLostBeginning
    ? await locateOutput(engine, { handle, nonce, known, hasLostBeginning, signal })
    : undefined;
  let searches = 0;
  for (let pause = FIRST_RETRY_MS; ; pause = Math.min(2 * pause, LAST_RETRY_MS)) {
    const reader = new LogReader(handle, { known, located, nonce });
    let isWhole = true;
    try {
      for await (const messages of readEngineLog(engine, { handle, follow: true, signal })) {
        for (const chunk of reader.push(messages)) {
          yield chunk;
          known = knownAfter(known, chunk);
        }
        if (reader.isOver) return;
        if (reader.isLost) break;
      }
    } catch (error) {
      if (!isHodeiError(error, 'provider_unavailable', 'provider_timeout')) throw error;
      isWhole = false;
      await inspectPatiently(engine, handle, signal);
    }
    located = undefined;
    if (reader.isLost) {
      searches += 1;
      located =
        searches > MAX_SEARCHES
          ? { places: NOWHERE, firstStamp: undefined }
          : await locateOutput(engine, { handle, nonce, known, differsAt: reader.differsAt, hasLostBeginning, signal });
      continue;
    }
    searches = 0;
    if (isWhole && (await hasEnded(engine, handle, signal))) {
      yield* reader.end();
      return;
    }
    if (reader.hasRead) pause = FIRST_RETRY_MS;
    await delay(pause, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

type Messages = Parameters<ReturnType<typeof createLogCursor>['push']>[0];

/** One reading of a log from its beginning. */
class LogReader {
  /** Whether it gave out something. */
  hasRead = false;
  /** Whether the place where output goes on has to be looked for. */
  isLost = false;
  readonly #known: KnownOutput;
  readonly #located: LocatedOutput | undefined;
  readonly #cursor: ReturnType<typeof createLogCursor>;
  readonly #placed: ReturnType<typeof createPlacedOutput>;
  #hasBegun = false;

  constructor(
    handle: WorkerHandle,
    {
      known,
      located,
      nonce,
    }: {
      readonly known: KnownOutput;
      readonly located: LocatedOutput | undefined;
      readonly nonce: string | undefined;
    },
  ) {
    this.#known = known;
    this.#located = located;
    this.#cursor = createLogCursor({ handle, nonce, from: NO_OUTPUT });
    this.#placed = createPlacedOutput(known, located?.places);
  }

  /** Whether nothing of the job will follow. */
  get isOver(): boolean {
    return this.#cursor.isOver && !this.isLost;
  }

  get differsAt(): Readonly<Record<OutputStream, number | undefined>> {
    return { stdout: this.#placed.differsAt('stdout'), stderr: this.#placed.differsAt('stderr') };
  }

  *push(messages: Messages): Generator<OutputChunk> {
    const [first] = messages;
    if (first === undefined) return;
    if (!this.#hasBegun) {
      const stamp = this.#located?.firstStamp;
      this.isLost = stamp !== undefined && stamp !== first.stamp;
      if (this.isLost) return;
      yield* this.#give(this.#placed.gaps(first.at));
    }
    this.#hasBegun = true;
    const chunks = this.#cursor.push(messages);
    this.isLost = this.#located === undefined && this.#cursor.hasLostBeginning;
    for (const chunk of chunks) {
      if (this.isLost) return;
      yield* this.#give(this.#placed.push(chunk));
      this.isLost = this.#placed.differsAt(chunk.stream) !== undefined;
    }
  }

  /** The job has ended: a log that has less than what is known has lost some, and perhaps more than that. */
  *end(): Generator<OutputChunk> {
    for (const chunk of this.#cursor.flush()) yield* this.#placed.push(chunk);
    for (const stream of STREAMS) {
      const place = { stream, offset: this.#known.from[stream], at: Date.now() };
      if (this.#placed.isShort(stream)) yield gapChunk(place, 'log_lost');
    }
  }

  *#give(chunks: readonly OutputChunk[]): Generator<OutputChunk> {
    this.hasRead ||= chunks.length > 0;
    yield* chunks;
  }
}
