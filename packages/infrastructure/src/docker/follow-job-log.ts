import { setTimeout as delay } from 'node:timers/promises';

import { isHodeiError, type OutputChunk, type OutputOffsets, type WorkerHandle } from '@hodei/domain';

import type { DockerEngine } from './docker-engine.ts';
import { hasEnded, inspectPatiently } from './inspect-container.ts';
import { createLogCursor } from './log-cursor.ts';
import { readEngineLog } from './read-engine-log.ts';

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2_000;

/**
 * The output of a job from the engine's log, from some offsets on to its end. Where the engine breaks off
 * while the job runs, or in the middle, it goes on at the offset.
 *
 * @param nonce of the job, where the worker is reusable.
 * @throws HodeiError `worker_not_found` where the worker vanished before all was read; `provider_unavailable`
 * or `provider_timeout` where the engine stays away; the signal's reason.
 */
export async function* followJobLog(
  engine: DockerEngine,
  handle: WorkerHandle,
  from: OutputOffsets,
  signal: AbortSignal,
  nonce?: string,
): AsyncGenerator<OutputChunk, void, undefined> {
  let offsets = from;
  for (let pause = FIRST_RETRY_MS; ; pause = Math.min(2 * pause, LAST_RETRY_MS)) {
    const before = offsets;
    const cursor = createLogCursor({ handle, nonce, from });
    let isWhole = true;
    try {
      for await (const messages of readEngineLog(engine, { handle, follow: true, signal })) {
        for (const chunk of cursor.push(messages)) {
          yield chunk;
          offsets = { ...offsets, [chunk.stream]: chunk.offset + chunk.bytes.length };
        }
        if (cursor.isOver) return;
      }
    } catch (error) {
      if (!isHodeiError(error, 'provider_unavailable', 'provider_timeout')) throw error;
      isWhole = false;
      await inspectPatiently(engine, handle, signal);
    }
    if (isWhole && (await hasEnded(engine, handle, signal))) return yield* cursor.flush();
    from = offsets;
    if (offsets.stdout + offsets.stderr > before.stdout + before.stderr) pause = FIRST_RETRY_MS;
    await delay(pause, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
