import { chmod, copyFile, cp, mkdir, mkdtempDisposable, realpath, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { EngineEndpoint } from '../engine/engine-address.ts';
import { copyInto } from './copy-into.ts';
import { findLibrariesOf } from './find-system-libraries.ts';
import { exportImage, importImage } from './image-store.ts';
import { run } from './run.ts';

/**
 * Node.js and npm for tests, from the project's own Node.js, this machine's npm, busybox and system libraries. It trusts
 * the certificate authorities that this machine trusts: it is for builds that ask the same registry.
 */
export const buildNode = async (engine: EngineEndpoint, busybox: string, image: string): Promise<void> => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'hodei-node-'));
  const root = join(folder.path, 'root');
  await exportImage(engine, busybox, root);
  const node = await realpath(process.execPath);
  await copyInto(node, join(root, 'usr/local/bin/node'));
  // pnpm, which is installed into it, is a program of its own.
  for (const library of await findLibrariesOf([node, await whereIs('pnpm')])) {
    await copyInto(library, join(root, library));
  }
  const npm = dirname(dirname(await whereIs('npm')));
  await cp(npm, join(root, 'usr/local/lib/node_modules/npm'), { recursive: true, verbatimSymlinks: true });
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'));
  await mkdir(join(root, 'usr/bin'), { recursive: true });
  // What the first line of npm names.
  await symlink('/bin/env', join(root, 'usr/bin/env'));
  const authorities = process.env['NODE_EXTRA_CA_CERTS'];
  if (authorities !== undefined) {
    const copy = join(root, 'etc/ssl/certs/ca-certificates.crt');
    await mkdir(dirname(copy), { recursive: true });
    await copyFile(authorities, copy);
    await chmod(copy, 0o644);
  }
  await importImage(engine, root, image, [
    'ENV PATH=/usr/local/bin:/usr/bin:/bin',
    ...(authorities === undefined
      ? []
      : [
          'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt',
        ]),
    'CMD ["node"]',
  ]);
};

const whereIs = async (program: string): Promise<string> =>
  await realpath((await run('sh', ['-c', `command -v ${program}`])).trim());
