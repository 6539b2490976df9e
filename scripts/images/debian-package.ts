import { readdir } from 'node:fs/promises';
import { run } from './run.ts';

/** Unpacks a Debian package into a folder. Nothing is installed: the system stays as it is. */
export const unpackDebianPackage = async (name: string, folder: string): Promise<void> => {
  try {
    await run('apt-get', ['-q', 'download', name], { cwd: folder });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new Error('no registry can be reached, and without apt-get the image cannot be built here', {
        cause: error,
      });
    }
    // A fresh machine has no package lists.
    await run('apt-get', ['-q', 'update']);
    await run('apt-get', ['-q', 'download', name], { cwd: folder });
  }
  const archive = (await readdir(folder)).find((file) => file.endsWith('.deb'));
  if (archive === undefined) {
    throw new Error(`apt-get download ${name} brought no package`);
  }
  await run('dpkg-deb', ['-x', archive, '.'], { cwd: folder });
};
