import { chmod, copyFile, mkdir, mkdtempDisposable, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineEndpoint } from '../engine/engine-address.ts';
import { unpackDebianPackage } from './debian-package.ts';
import { importImage } from './image-store.ts';
import { run } from './run.ts';

/** A stand-in for the official busybox image, from Debian's busybox-static. */
export const buildBusybox = async (engine: EngineEndpoint, image: string): Promise<void> => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'hodei-busybox-'));
  const unpacked = join(folder.path, 'package');
  const root = join(folder.path, 'root');
  await mkdir(unpacked);
  await unpackDebianPackage('busybox-static', unpacked);
  await layOutRoot(root);
  const busybox = join(root, 'bin/busybox');
  await copyFile(join(unpacked, 'bin/busybox'), busybox);
  const applets = (await run(busybox, ['--list'])).split('\n').filter((name) => name !== '' && name !== 'busybox');
  await Promise.all(applets.map((applet) => symlink('busybox', join(root, 'bin', applet))));
  await importImage(engine, root, image, ['CMD ["sh"]']);
};

const layOutRoot = async (root: string): Promise<void> => {
  for (const folder of ['bin', 'dev', 'etc', 'home', 'proc', 'root', 'sys', 'tmp', 'var']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  // mkdtemp's folder is private, and the root of an image must be readable by any user in it.
  await chmod(root, 0o755);
  await chmod(join(root, 'tmp'), 0o1777);
  await writeFile(
    join(root, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n',
  );
  await writeFile(join(root, 'etc/group'), 'root:x:0:\nnobody:x:65534:\n');
};
