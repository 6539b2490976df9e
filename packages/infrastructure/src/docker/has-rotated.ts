import type { WorkerHandle } from '@hodei/domain';

import type { DockerEngine } from './docker-engine.ts';
import { inspectContainer } from './inspect-container.ts';
import { readEngineLog } from './read-engine-log.ts';

/** What each message takes beside its bytes, at least. */
const MESSAGE_BYTES = 24;

/**
 * Whether a container has written so much that its log may have lost its beginning: of the files that the engine
 * keeps all but the last are full then. How much a message takes differs by driver; half is enough.
 */
export async function hasRotated(
  engine: DockerEngine,
  handle: WorkerHandle,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { HostConfig } = await inspectContainer(engine, handle, signal);
  const config = (HostConfig.LogConfig?.Config ?? {}) as Readonly<Record<string, string>>;
  const [size, files] = [Number(config['max-size']), Number(config['max-file'])];
  if (!(size > 0 && files > 0)) return false;
  let kept = 0;
  for await (const messages of readEngineLog(engine, { handle, follow: false, signal }))
    for (const { bytes } of messages) kept += bytes.length + MESSAGE_BYTES;
  return kept >= ((files - 1) * size) / 2;
}
