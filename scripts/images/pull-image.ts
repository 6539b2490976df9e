import type { EngineEndpoint } from '../engine/engine-address.ts';
import { requestEngine } from '../engine/engine-request.ts';
import { readProgress } from './read-progress.ts';

/** A registry that can be reached says something well within this time. */
const SILENCE_MS = 15_000;

/** Rejects when no registry answers, when it refuses, and when the pull makes no progress. */
export const pullImage = async (engine: EngineEndpoint, image: string): Promise<void> => {
  const [fromImage = image, tag = 'latest'] = image.split(':');
  const query = new URLSearchParams({ fromImage, tag });
  await readProgress(
    await requestEngine(engine, `/images/create?${query.toString()}`, { method: 'POST', idleTimeoutMs: SILENCE_MS }),
  );
};
