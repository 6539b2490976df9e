import { setTimeout as delay } from 'node:timers/promises';

import { isHodeiError, type OutputChunk, type WorkerHandle } from '@hodei/domain';

import type { DockerEngine } from '../engine/docker-engine.ts';
import { hasEnded, inspectPatiently, unlessGone } from '../workers/inspect-container.ts';
import { canHaveRotated } from './has-rotated.ts';
import { locateOutput } from './locate-output.ts';
import { LogReader } from './log-reader.ts';
import { knownAfter, NOWHERE, type KnownOutput } from './output-place.ts';
import { readEngineLog } from './read-engine-log.ts';

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2_000;
/** So often a place is looked for in a log that is rotated while it is read; then it is unknown. */
const MAX_SEARCHES = 3;

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
      for (const chunk of reader.end()) {
        yield chunk;
        known = knownAfter(known, chunk);
      }
      if (!(await canHaveRotated(engine, handle, reader.loggedBytes, signal))) return;
      try {
        yield* reader.steppedOver(readEngineLog(engine, { handle, follow: false, signal }), known);
      } catch (error) {
        unlessGone(error); // it was read to its end
      }
      return;
    }
    if (reader.hasRead) pause = FIRST_RETRY_MS;
    await delay(pause, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
