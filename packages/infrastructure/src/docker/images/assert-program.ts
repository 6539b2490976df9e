import { HodeiError, isHodeiError, type WorkerSpec } from '@hodei/domain';
import type { IncomingMessage } from 'node:http';

import type { DockerEngine } from '../engine/docker-engine.ts';
import type { ImageFacts } from './image-facts.ts';
import type { Subject } from '../workers/inspect-container.ts';

const SHELL = '/bin/sh';
/** Where the engine looks where neither the job nor the image says it (moby oci/defaults). */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Bits of Go's FileMode, which the engine reports: a folder; a symbolic link. */
const FOLDER = 2 ** 31;
const LINK = 2 ** 27;

/** A container, and what it is called in messages. */
type Place = Pick<Subject, 'resourceId'> & { readonly workerId: string };

/** Ids of images that are known to have a shell. */
export type KnownShells = Set<string>;

/**
 * Looks into a container that is not started yet whether the program is there that it is to run first. With
 * docker-init in front the engine starts it all the same, and it ends with 127 only then. The answer for the
 * shell is remembered by image.
 *
 * @throws HodeiError `image_without_shell`; for a direct worker `command_not_found`, `start_failed`.
 */
export async function assertProgram(
  engine: DockerEngine,
  subject: Place,
  spec: Pick<WorkerSpec, 'image' | 'direct'>,
  facts: ImageFacts,
  shells: KnownShells,
  signal?: AbortSignal,
): Promise<void> {
  const { direct, image } = spec;
  if (direct === undefined) {
    if (shells.has(facts.id)) return;
    if ((await modeOf(engine, subject, SHELL, signal)) === undefined) {
      throw new HodeiError(
        'image_without_shell',
        `the image ${image} has no ${SHELL}, which takes the launch order; use one that has, or direct mode`,
      );
    }
    shells.add(facts.id);
    return;
  }
  const [program] = direct.argv.length > 0 ? direct.argv : [...facts.entrypoint, ...facts.cmd];
  if (program === undefined)
    throw new HodeiError('command_not_found', `the image ${image} runs nothing by itself; give a command`);
  for (const path of placesOf(program, direct, facts)) {
    const mode = await modeOf(engine, subject, path, signal);
    if (mode === undefined) continue;
    if (isRunnable(mode)) return;
    throw new HodeiError('start_failed', `"${path}" in the image ${image} is no executable file`);
  }
  throw new HodeiError('command_not_found', `the image ${image} has no program "${program}"`);
}

function placesOf(program: string, direct: NonNullable<WorkerSpec['direct']>, facts: ImageFacts): readonly string[] {
  if (program.startsWith('/')) return [program];
  const workdir = direct.workdir ?? (facts.workdir === '' ? '/' : facts.workdir);
  if (program.includes('/')) return [`${workdir}/${program}`];
  const ofImage = facts.env.find((variable) => variable.startsWith('PATH='))?.slice('PATH='.length);
  const path = direct.env['PATH'] ?? ofImage ?? DEFAULT_PATH;
  return path.split(':').map((folder) => `${folder === '' ? workdir : folder}/${program}`);
}

const isRunnable = (mode: number): boolean => {
  // What a link leads to is for the kernel to say.
  const isLink = Math.floor(mode / LINK) % 2 === 1;
  return isLink || (mode < FOLDER && (mode & 0o111) !== 0);
};

/** The file's mode; nothing where there is none. */
async function modeOf(
  engine: DockerEngine,
  { workerId, resourceId }: Place,
  path: string,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  try {
    return await engine.call(
      { doing: `looking for ${path} in worker ${workerId}`, subject: `worker ${workerId}` },
      async (docker, abortSignal) => {
        const response = (await docker.getContainer(resourceId).infoArchive({ path, abortSignal })) as IncomingMessage;
        response.resume();
        const stat = String(response.headers['x-docker-container-path-stat'] ?? '');
        return (JSON.parse(Buffer.from(stat, 'base64').toString('utf8')) as { readonly mode: number }).mode;
      },
      { signal },
    );
  } catch (error) {
    if (isHodeiError(error) && error.details['status'] === 404) return undefined;
    throw error;
  }
}
