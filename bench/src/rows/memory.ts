import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import type { Bench } from '../bench.ts';
import { atMost, toRow } from '../measure/row.ts';
import { settingsFor } from '../world/docker-plane.ts';
import { startProcess, type Started } from '../world/start-process.ts';

/** What the server needs: as a process that has nothing to do, and for each worker it looks after. */
export const memory: Bench = async (world, effort) => {
  await world.docker();
  await using database = await world.createDatabase();
  const env = { ...settingsFor(world, database.connectionString), HODEI_LISTEN: '127.0.0.1:0' };
  const here = import.meta.dirname;
  if (!effort.quick) await build();
  // Quickly, nothing is built, and from source is good enough.
  const [program, kind] = effort.quick
    ? (['run-server.ts', 'source'] as const)
    : (['run-built-server.mjs', 'built'] as const);
  const server = startProcess(join(here, program), [], { env, kind });
  const bare = startProcess(join(here, 'run-nothing.mjs'), [], { kind: 'built' });
  await Promise.all([server.said('ready'), bare.said('ready')]);
  // Long enough for its loops to have come around.
  await delay(effort.of(10_000, 1000));
  const idle = { ours: await residentMegabytes(server), bare: await residentMegabytes(bare) };
  await Promise.all([end(server), end(bare)]);

  const workers = effort.of(2000, 50);
  const tracker = startProcess(join(here, 'run-tracker.ts'), [database.connectionString, String(workers)], {
    nodeArgs: ['--expose-gc'],
  });
  await tracker.said('bytes a worker');
  const [bytes] = /[\d.]+(?= bytes a worker)/.exec(tracker.stdout()) ?? [];
  await end(tracker);
  return [
    toRow({
      name: 'memory-idle',
      what: `resident memory of the idle server, ${effort.quick ? 'run from source' : 'as it is installed'}`,
      unit: 'MB',
      ours: [idle.ours],
      against: { name: 'a Node process that does nothing', samples: [idle.bare] },
      target: atMost(120),
    }),
    toRow({
      name: 'memory-worker',
      what: 'heap for each tracked worker with its running job',
      unit: 'KB',
      ours: [Number(bytes) / 1024],
      target: atMost(20),
    }),
  ];
};

/** What is installed is what was built. */
async function build(): Promise<void> {
  const root = join(import.meta.dirname, '..', '..', '..');
  const turbo = join(root, 'node_modules', '.bin', 'turbo');
  await promisify(execFile)(turbo, ['run', 'build', '--filter=@hodei/cli...'], { cwd: root });
}

async function residentMegabytes({ process: { pid } }: Started): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

async function end({ process }: Started): Promise<void> {
  const ended = once(process, 'close');
  process.stdin?.end();
  await ended;
}
