import { copyFile, mkdtempDisposable, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineEndpoint } from '../engine/engine-address.ts';
import { exportImage, importImage } from './image-store.ts';

/** busybox decides by the name it is called by what it is: under these three names it is no shell. */
const PROGRAMS = ['echo', 'true', 'sleep'];

/** An image of which no file is a shell. */
export const buildNoShell = async (engine: EngineEndpoint, busybox: string, image: string): Promise<void> => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'hodei-noshell-'));
  const root = join(folder.path, 'root');
  await exportImage(engine, busybox, root);
  const programs = join(root, 'bin');
  const binary = join(folder.path, 'busybox');
  await rename(join(programs, 'busybox'), binary);
  for (const name of await readdir(programs)) {
    await rm(join(programs, name), { recursive: true });
  }
  for (const name of PROGRAMS) {
    await copyFile(binary, join(programs, name));
  }
  await importImage(engine, root, image, ['CMD ["/bin/true"]']);
};
