import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import type { World } from '../world/world.ts';

/** Where and on what a run took place. */
export type MachineFacts = Readonly<Record<string, string>>;

export async function machineFacts(world: World): Promise<MachineFacts> {
  const engine = await (await world.docker()).version();
  const info = (await (await world.docker()).info()) as { readonly Driver?: string; readonly CgroupVersion?: string };
  const [postgres] = await world.query<{ server_version: string }>('SHOW server_version');
  return {
    measured: new Date().toISOString(),
    commit: await commit(),
    machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${release()}`,
    node: process.version,
    'Docker Engine': `${engine.Version}, storage ${info.Driver ?? 'unknown'}, cgroup v${info.CgroupVersion ?? '1'}`,
    Postgres: `${postgres?.server_version ?? 'unknown'}, the embedded one, on a Unix socket, fsync on`,
    'pg-boss': await versionOf('pg-boss'),
    'graphile-worker': await versionOf('graphile-worker'),
  };
}

async function commit(): Promise<string> {
  const git = await promisify(execFile)('git', ['rev-parse', '--short', 'HEAD']).catch(() => undefined);
  return git?.stdout.trim() ?? 'unknown';
}

/** A package need not export its package.json. */
async function versionOf(name: string): Promise<string> {
  let folder = dirname(createRequire(import.meta.url).resolve(name));
  for (;;) {
    const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => '{}');
    const { name: found, version } = JSON.parse(text) as { readonly name?: string; readonly version?: string };
    if (found === name) return version ?? 'unknown';
    if (folder === dirname(folder)) return 'unknown';
    folder = dirname(folder);
  }
}
