import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import type { EngineEndpoint } from '../engine/engine-address.ts';
import { callEngine, EngineError, requestEngine } from '../engine/engine-request.ts';
import { readProgress } from './read-progress.ts';
import { run } from './run.ts';

const IMPORT_TIMEOUT_MS = 120_000;

export const imageIsPresent = async (engine: EngineEndpoint, image: string): Promise<boolean> => {
  try {
    await callEngine(engine, `/images/${image}/json`);
    return true;
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) {
      return false;
    }
    throw error;
  }
};

/** Makes an image of one layer from a folder. `changes` are lines as in a Dockerfile, CMD and ENV among them. */
export const importImage = async (
  engine: EngineEndpoint,
  folder: string,
  image: string,
  changes: readonly string[],
): Promise<void> => {
  const [repo = image, tag = 'latest'] = image.split(':');
  const query = new URLSearchParams([
    ['fromSrc', '-'],
    ['repo', repo],
    ['tag', tag],
    ...changes.map((change) => ['changes', change]),
  ] as [string, string][]);
  const tar = spawn('tar', ['-C', folder, '-c', '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const response = await requestEngine(engine, `/images/create?${query.toString()}`, {
    method: 'POST',
    body: tar.stdout,
    contentType: 'application/x-tar',
    idleTimeoutMs: IMPORT_TIMEOUT_MS,
  });
  await readProgress(response);
};

/** Unpacks the file system of an image into a folder, by way of a container that is never started. */
export const exportImage = async (engine: EngineEndpoint, image: string, folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true });
  const created = await callEngine(engine, '/containers/create', {
    method: 'POST',
    body: JSON.stringify({ Image: image, Cmd: ['true'], NetworkDisabled: true }),
    contentType: 'application/json',
  });
  const { Id: id } = JSON.parse(created) as { Id: string };
  try {
    await run('tar', ['-C', folder, '-x'], { input: await requestEngine(engine, `/containers/${id}/export`) });
  } finally {
    await callEngine(engine, `/containers/${id}?force=1`, { method: 'DELETE' });
  }
};
