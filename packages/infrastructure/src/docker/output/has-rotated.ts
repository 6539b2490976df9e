import type { WorkerHandle } from '@hodei/domain';

import type { DockerEngine } from '../engine/docker-engine.ts';
import { inspectContainer, unlessGone } from '../workers/inspect-container.ts';
import { readEngineLog } from './read-engine-log.ts';

/** What each message takes beside its bytes, at least. */
export const MESSAGE_BYTES = 24;

/** See `parseDockerConfig`. */
const SMALLEST_FILE_BYTES = 64 * 1024;

/**
 * Whether a container has written so much that its log may have lost its beginning: of the files that the engine
 * keeps all but the last are full then. How much a message takes differs by driver; half is enough.
 */
export async function hasRotated(
  engine: DockerEngine,
  handle: WorkerHandle,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { maxFileBytes, maxFiles } = await boundOf(engine, handle, signal);
  if (maxFileBytes === 0) return false;
  let kept = 0;
  for await (const messages of readEngineLog(engine, { handle, follow: false, signal }))
    for (const { bytes } of messages) kept += bytes.length + MESSAGE_BYTES;
  return kept >= ((maxFiles - 1) * maxFileBytes) / 2;
}

/** Whether a log of which so much was read can have been rotated at all. */
export async function canHaveRotated(
  engine: DockerEngine,
  handle: WorkerHandle,
  loggedBytes: number,
  signal: AbortSignal,
): Promise<boolean> {
  // Each container's own bound need not be asked for where no engine keeps less in a file.
  if (loggedBytes < SMALLEST_FILE_BYTES) return false;
  const { maxFileBytes } = (await boundOf(engine, handle, signal).catch(unlessGone)) ?? { maxFileBytes: 0 };
  return maxFileBytes > 0 && loggedBytes >= maxFileBytes / 2;
}

async function boundOf(
  engine: DockerEngine,
  handle: WorkerHandle,
  signal: AbortSignal | undefined,
): Promise<{ readonly maxFileBytes: number; readonly maxFiles: number }> {
  const { HostConfig } = await inspectContainer(engine, handle, signal);
  const config = (HostConfig.LogConfig?.Config ?? {}) as Readonly<Record<string, string>>;
  const [maxFileBytes, maxFiles] = [Number(config['max-size']), Number(config['max-file'])];
  return maxFileBytes > 0 && maxFiles > 0 ? { maxFileBytes, maxFiles } : { maxFileBytes: 0, maxFiles: 0 };
}
