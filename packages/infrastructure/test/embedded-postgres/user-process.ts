/**
 * A process that uses the embedded Postgres of a folder, for tests with several of them.
 *
 *   node user-process.ts hold <folder>             starts, says so, and lets go when its stdin ends
 *   node user-process.ts cycle <folder> <times>    starts, asks something and lets go, again and again
 */
import { once } from 'node:events';

import { Client } from 'pg';

import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/embedded-postgres/index.ts';

async function askPid({ connection }: EmbeddedPostgres): Promise<number> {
  const client = new Client({ ...connection });
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: string }>(
      `select split_part(pg_read_file('postmaster.pid'), E'\\n', 1) as pid`,
    );
    return Number(rows[0]?.pid);
  } finally {
    await client.end();
  }
}

const [mode, dataDir = '', times = '1'] = process.argv.slice(2);
if (mode === 'hold') {
  const postgres = await startEmbeddedPostgres({ dataDir });
  process.stdout.write(`${await askPid(postgres)}\n`);
  process.stdin.resume();
  await once(process.stdin, 'end');
  await postgres.release();
} else {
  for (let cycle = 0; cycle < Number(times); cycle += 1) {
    await using postgres = await startEmbeddedPostgres({ dataDir });
    process.stdout.write(`${await askPid(postgres)}\n`);
  }
}
