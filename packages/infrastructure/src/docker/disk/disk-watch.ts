import { HodeiError } from '@hodei/domain';

import type { DockerDiskBounds } from '../config/docker-config.ts';
import type { DiskSpace, ReadDisk } from './disk-space.ts';

/** `unknown` stops nothing. */
export type DiskPressure = 'none' | 'high' | 'critical' | 'unknown';

/** Stops what fills a disk before it is full: first pulls, then starts. */
export class DiskWatch {
  readonly #read: ReadDisk;
  readonly #bounds: DockerDiskBounds;

  constructor(read: ReadDisk, bounds: DockerDiskBounds) {
    this.#read = read;
    this.#bounds = bounds;
  }

  /** @throws HodeiError `image_pull_failed`, which a later try may not meet. */
  async assertRoomForPull(image: string, signal?: AbortSignal): Promise<void> {
    const space = await this.#look(signal);
    const pressure = pressureOf(space, this.#bounds);
    if (pressure !== 'high' && pressure !== 'critical') return;
    throw new HodeiError('image_pull_failed', `${image} is not pulled: ${words(space, this.#bounds.high)}`, {
      details: { image, freeBytes: space?.freeBytes ?? 0 },
    });
  }

  /** @throws HodeiError `provider_unavailable`: other providers are tried, and this one again later. */
  async assertRoomForStart(what: string, signal?: AbortSignal): Promise<void> {
    const space = await this.#look(signal);
    if (pressureOf(space, this.#bounds) !== 'critical') return;
    throw new HodeiError('provider_unavailable', `${what} is not started: ${words(space, this.#bounds.critical)}`, {
      details: { freeBytes: space?.freeBytes ?? 0 },
    });
  }

  /** What a person should know; empty where there is room, or nobody can tell. */
  async reasons(signal?: AbortSignal): Promise<readonly string[]> {
    const space = await this.#look(signal);
    switch (pressureOf(space, this.#bounds)) {
      case 'high':
        return [`no images are pulled: ${words(space, this.#bounds.high)}`];
      case 'critical':
        return [`no images are pulled and no workers started: ${words(space, this.#bounds.critical)}`];
      default:
        return [];
    }
  }

  /** Whether so much is in use that unused images should go. */
  async isOverLow(signal?: AbortSignal): Promise<boolean> {
    return isOver(await this.#look(signal, true), this.#bounds, this.#bounds.low);
  }

  /** An engine that can't say how full its disk is has no pressure: unknown is unknown. */
  async #look(signal: AbortSignal | undefined, fresh = false): Promise<DiskSpace | undefined> {
    try {
      return await this.#read({ fresh, signal });
    } catch {
      signal?.throwIfAborted();
      return undefined;
    }
  }
}

/** Pure. */
export function pressureOf(space: DiskSpace | undefined, bounds: DockerDiskBounds): DiskPressure {
  if (space === undefined) return 'unknown';
  if (isOver(space, bounds, bounds.critical)) return 'critical';
  return isOver(space, bounds, bounds.high) ? 'high' : 'none';
}

/** A part of a large disk may be much: with `roomyBytes` free there is no pressure at all. */
const isOver = (space: DiskSpace | undefined, { roomyBytes }: DockerDiskBounds, part: number): boolean =>
  space !== undefined && space.freeBytes < roomyBytes && usedPart(space) >= part;

const usedPart = ({ totalBytes, freeBytes }: DiskSpace): number => (totalBytes <= 0 ? 1 : 1 - freeBytes / totalBytes);

function words(space: DiskSpace | undefined, part: number): string {
  if (space === undefined) return 'the disk is full';
  const percent = (fraction: number): string => `${(fraction * 100).toFixed(0)} %`;
  return `the engine's disk is ${percent(usedPart(space))} full, of at most ${percent(part)}, with ${Math.floor(space.freeBytes / 1e6)} MB free; remove images, or set disk`;
}
