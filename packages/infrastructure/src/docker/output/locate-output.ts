import { NO_OUTPUT, type OutputStream, type WorkerHandle } from '@hodei/domain';

import type { DockerEngine } from '../engine/docker-engine.ts';
import { createLogCursor } from './log-cursor.ts';
import type { KnownOutput, OutputPlace } from './output-place.ts';
import { createOutputSearch, type SearchResult } from './output-search.ts';
import { readEngineLog } from './read-engine-log.ts';

/** Where both streams go on in a log whose beginning, or some other part, is lost. */
export interface LocatedOutput {
  readonly places: Readonly<Record<OutputStream, OutputPlace>>;
  /** The time of the log's first message: as long as that is the first, the places hold. */
  readonly firstStamp: string | undefined;
}

/** What is known of a place that has to be looked for. */
export interface LostPlace {
  readonly handle: WorkerHandle;
  /** Of the job, where the worker is reusable. */
  readonly nonce?: string | undefined;
  readonly known: KnownOutput;
  /** Where a stream that has its beginning first differs from what is known. */
  readonly differsAt?: Readonly<Record<OutputStream, number | undefined>>;
  readonly hasLostBeginning: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * Looks through all of a log for the known bytes. Where they are not there, or not in one place only, it can't be
 * known how much is missing: there is a gap, and all that comes after counts as new.
 */
export async function locateOutput(
  engine: DockerEngine,
  { handle, nonce, known, signal, ...told }: LostPlace,
): Promise<LocatedOutput> {
  const { from, before } = known;
  const cursor = createLogCursor({ handle, nonce, from: NO_OUTPUT });
  const searches = { stdout: createOutputSearch(before.stdout), stderr: createOutputSearch(before.stderr) };
  let firstStamp: string | undefined;
  for await (const messages of readEngineLog(engine, { handle, follow: false, signal })) {
    firstStamp ??= messages[0]?.stamp;
    for (const { stream, bytes } of cursor.push(messages)) searches[stream].push(bytes);
  }
  const hasLostBeginning = told.hasLostBeginning || cursor.hasLostBeginning;
  const results = { stdout: searches.stdout.result(), stderr: searches.stderr.result() };
  const place = (stream: OutputStream, other: SearchResult): OutputPlace => {
    const { end, length } = results[stream];
    if (end !== undefined) return { start: end, hasGap: false };
    const differsAt = told.differsAt?.[stream];
    if (!hasLostBeginning && differsAt === undefined) return { start: from[stream], hasGap: false };
    const start = hasLostBeginning ? 0 : (differsAt ?? 0);
    // Where the other stream is found, the log reaches back to when we still read along: what this one wrote before
    // the log's beginning was read. That tells nothing where it has bytes that may be known ones.
    return { start, hasGap: other.end === undefined || (from[stream] > 0 && length > 0) };
  };
  return {
    places: { stdout: place('stdout', results.stderr), stderr: place('stderr', results.stdout) },
    firstStamp,
  };
}
