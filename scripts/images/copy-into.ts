import { chmod, copyFile, mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Puts a program or a library into the root of an image, for all to use. */
export const copyInto = async (source: string, target: string): Promise<void> => {
  await mkdir(dirname(target), { recursive: true });
  await rm(target, { force: true });
  await copyFile(source, target);
  await chmod(target, 0o755);
};
