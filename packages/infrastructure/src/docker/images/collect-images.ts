import { isHodeiError, type EpochMs, type ImageCollection, type ImageUse, type ProviderId } from '@hodei/domain';

import type { DiskWatch } from '../disk/disk-watch.ts';
import type { DockerEngine } from '../engine/docker-engine.ts';
import type { DockerImages } from './docker-images.ts';
import { getJson } from '../engine/engine-request.ts';
import { engineName, markFor, markRepository } from './image-marks.ts';
import { listOf, objectOf, textOf } from '../engine/untyped.ts';

interface Collector {
  readonly engine: DockerEngine;
  readonly images: DockerImages;
  readonly disk: DiskWatch;
  readonly providerId: ProviderId;
}

/** An image that this provider pulled. */
interface PulledImage {
  readonly id: string;
  /** Its names, our marks aside. */
  readonly names: readonly string[];
  readonly marks: readonly string[];
  readonly markedAt: EpochMs;
}

/**
 * {@link WorkerProvider.collectImages}: the one that was used longest ago first, until the disk is under its low
 * watermark. Only what this provider pulled, and nobody has given another name; only what no container, of
 * anyone's, was made from. Nothing is forced: what the engine does not want to remove stays.
 */
export async function collectImages(
  { engine, images, disk, providerId }: Collector,
  use: ImageUse,
  signal?: AbortSignal,
): Promise<ImageCollection> {
  const removed: string[] = [];
  if (!(await disk.isOverLow(signal))) return { removed };
  const needed = new Set([...use.needed].map(nameOf));
  const lastUsed = new Map([...use.lastUsed].map(([image, at]) => [nameOf(image), at]));
  const inUse = await usedByContainers(engine, signal);
  const candidates = (await listPulled(engine, providerId, signal))
    .filter((image) => !inUse.has(image.id) && !isNeeded(image, needed) && isOurs(image, providerId))
    .map((image) => ({
      ...image,
      usedAt: Math.max(image.markedAt, ...image.names.map((name) => lastUsed.get(name) ?? 0)),
    }))
    .toSorted((a, b) => a.usedAt - b.usedAt);
  for (const { names, marks } of candidates) {
    if (!(await disk.isOverLow(signal))) break;
    // The mark last: as long as it is there, the next round finds the image.
    const wentWell = await removeAll(engine, [...names, ...marks], signal);
    for (const name of names) images.forget(name);
    if (wentWell) removed.push(names[0] ?? marks[0] ?? '');
  }
  return { removed };
}

/** A malformed name in a row is nobody's image. */
function nameOf(image: string): string {
  try {
    return engineName(image);
  } catch (error) {
    if (isHodeiError(error, 'invalid_input')) return image;
    throw error;
  }
}

/** A job may name an image by its id as well, or by the beginning of it. */
const isNeeded = ({ id, names }: PulledImage, needed: ReadonlySet<string>): boolean =>
  names.some((name) => needed.has(name)) ||
  [...needed].some((name) => {
    const asId = name.replace(/:latest$/, '');
    return /^(?:sha256:)?[0-9a-f]{4,64}$/.test(asId) && id.startsWith(`sha256:${asId.replace(/^sha256:/, '')}`);
  });

/** Names of a repository that we pulled from come with the pull; any other name was given by somebody. */
function isOurs({ names, marks }: PulledImage, providerId: ProviderId): boolean {
  const isMarked = (name: string): boolean => marks.includes(markFor(providerId, name));
  const pulledFrom = new Set(names.filter(isMarked).map(repositoryOf));
  return names.every((name) => isMarked(name) || (name.includes('@') && pulledFrom.has(repositoryOf(name))));
}

const repositoryOf = (name: string): string => name.replace(/@.*$/, '').replace(/:[^:/]*$/, '');

async function usedByContainers(engine: DockerEngine, signal: AbortSignal | undefined): Promise<ReadonlySet<string>> {
  const containers = await engine.call(
    { doing: 'listing containers' },
    (docker, abortSignal) => docker.listContainers({ all: true, abortSignal }),
    { signal },
  );
  return new Set(containers.map(({ ImageID }) => ImageID));
}

async function listPulled(
  engine: DockerEngine,
  providerId: ProviderId,
  signal: AbortSignal | undefined,
): Promise<readonly PulledImage[]> {
  const query = { filters: JSON.stringify({ reference: [markRepository(providerId)] }) };
  const listed = await engine.call(
    { doing: 'listing the images that were pulled' },
    (docker, abortSignal) => getJson(docker, { path: '/images/json', query, abortSignal }),
    { signal },
  );
  const ids = new Set(listOf(listed).map((image) => textOf(objectOf(image)['Id'])));
  const found = await Promise.all([...ids].map((id) => inspectPulled(engine, providerId, id, signal)));
  return found.filter((image) => image !== undefined);
}

async function inspectPulled(
  engine: DockerEngine,
  providerId: ProviderId,
  id: string,
  signal: AbortSignal | undefined,
): Promise<PulledImage | undefined> {
  try {
    const answer = objectOf(
      await engine.call(
        { doing: `inspecting image ${id}`, subject: id },
        (docker, abortSignal) => getJson(docker, { path: `/images/${id}/json`, query: {}, abortSignal }),
        { signal },
      ),
    );
    const isMark = (name: string): boolean => name.startsWith(markRepository(providerId));
    const tags = listOf(answer['RepoTags']).map(String);
    const digests = listOf(answer['RepoDigests']).map(String);
    const markedAt = Date.parse(textOf(objectOf(answer['Metadata'])['LastTagTime']));
    return {
      id,
      names: [...tags, ...digests].filter((name) => !isMark(name)),
      marks: tags.filter(isMark),
      markedAt: Number.isNaN(markedAt) ? 0 : markedAt,
    };
  } catch (error) {
    // Somebody removed it meanwhile.
    if (isHodeiError(error, 'image_not_found')) return undefined;
    throw error;
  }
}

/** False where the engine refused one: a container was made from the image meanwhile. */
async function removeAll(
  engine: DockerEngine,
  names: readonly string[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  for (const name of names) {
    try {
      await engine.call(
        { doing: `removing image ${name}`, subject: name },
        (docker, abortSignal) => docker.getImage(name).remove({ abortSignal }),
        { signal },
      );
    } catch (error) {
      if (isHodeiError(error, 'image_not_found')) continue;
      if (isHodeiError(error) && error.details['status'] === 409) return false;
      throw error;
    }
  }
  return true;
}
