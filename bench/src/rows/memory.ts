import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { Bench } from '../bench.ts';
import { atMost, toRow } from '../measure/row.ts';
import { settingsFor } from '../world/docker-plane.ts';
import { startProcess, type Started } from '../world/start-process.ts';

/** What the server needs: as a process that has nothing to do, and for each worker it looks after. */
export const memory: Bench = async (world, effort) => {
  await world.docker();
  await using database = await world.createDatabase();
  const env = settingsFor(world, database.connectionString);
  const here = import.meta.dirname;
  const server = startProcess(join(here, 'run-server.ts'), [], { env });
  const bare = startProcess(join(here, 'run-nothing.ts'), []);
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
      what: 'resident memory of the idle server, run from source',
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

async function residentMegabytes({ process: { pid } }: Started): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

async function end({ process }: Started): Promise<void> {
  const ended = once(process, 'close');
  process.stdin?.end();
  await ended;
}
