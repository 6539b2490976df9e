import { randomBytes } from 'node:crypto';
import { closeSync, constants, existsSync, openSync, writeSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { DataFolder } from './data-folder.ts';
import { errnoOf, unless } from './errno.ts';
import { closingPipe, usersPipe } from './keeper.ts';
import { isAlive } from './postmaster.ts';
import { waitUntil, type Patience } from './wait-until.ts';

/**
 * One user's hold on the server: an open end of the keeper's pipe (see keeper.ts), which is what counts, and a file with
 * the user's pid, by which one who leaves can tell whether to wait for the server's end.
 */
export class Seat {
  readonly #folder: DataFolder;
  readonly #fd: number;
  readonly #name: string;
  #held = true;

  constructor(folder: DataFolder, fd: number) {
    this.#folder = folder;
    this.#fd = fd;
    this.#name = `user-${process.pid}-${randomBytes(6).toString('hex')}`;
  }

  /** Tells the keeper our name. False where there is no keeper any more. */
  introduce(): boolean {
    return this.#write(`\n${this.#name}\n`);
  }

  /** Whether our keeper is there, be it that it stops. */
  keeperLives(): boolean {
    return this.#write('\n');
  }

  /** Whether the keeper has seen us: then the server stays until we leave. */
  isAcknowledged(): boolean {
    return existsSync(join(this.#folder.run, this.#name));
  }

  /** Lets go of the server. Idempotent. */
  async leave(): Promise<void> {
    if (!this.#held) return;
    this.#held = false;
    await rm(join(this.#folder.run, this.#name), { force: true });
    closeSync(this.#fd);
  }

  #write(text: string): boolean {
    try {
      writeSync(this.#fd, text);
      return true;
    } catch (error) {
      if (errnoOf(error) === 'EPIPE') return false;
      if (errnoOf(error) === 'EAGAIN') return true; // full: the keeper is there, but does not read just now
      throw error;
    }
  }
}

/** How long to wait before telling our name again, in milliseconds: a keeper whose server crashed may lose a line. */
const INTRODUCE_AGAIN_MS = 250;

/** Takes a seat at a server that runs. Undefined where there is none, or it was about to stop and has done so. */
export async function takeSeat(folder: DataFolder, patience: Patience): Promise<Seat | undefined> {
  const fd = await openWriter(usersPipe(folder));
  if (fd === undefined) return undefined;
  const seat = new Seat(folder, fd);
  try {
    let next = performance.now();
    const isIn = await waitUntil(() => {
      if (seat.isAcknowledged()) return true;
      const again = performance.now() >= next;
      if (again) next += INTRODUCE_AGAIN_MS;
      return (again ? seat.introduce() : seat.keeperLives()) ? undefined : false;
    }, patience);
    if (isIn) return seat;
  } catch (error) {
    await seat.leave();
    throw error;
  }
  await seat.leave();
  return undefined;
}

/** Whether a keeper is there that serves, or is about to stop. */
export async function keeperState(folder: DataFolder): Promise<'serving' | 'stopping' | 'none'> {
  if (await hasReader(usersPipe(folder))) return 'serving';
  return (await hasReader(closingPipe(folder))) ? 'stopping' : 'none';
}

/** Whether anybody else uses the server, as far as their files and pids tell. */
export async function hasOtherUsers(folder: DataFolder): Promise<boolean> {
  const names = (await unless(['ENOENT'], () => readdir(folder.run))) ?? [];
  return names.some((name) => isAlive(Number(/^user-(\d+)-/u.exec(name)?.[1])));
}

async function hasReader(pipe: string): Promise<boolean> {
  const fd = await openWriter(pipe);
  if (fd !== undefined) closeSync(fd);
  return fd !== undefined;
}

/** ENXIO: the pipe is there, but nobody reads it. */
function openWriter(pipe: string): Promise<number | undefined> {
  return unless(['ENOENT', 'ENXIO', 'ENOTDIR'], () => openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK));
}
