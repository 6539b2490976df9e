import type { Effort } from '../bench.ts';
import { countStatements } from '../measure/count-statements.ts';
import { toRow, type Row } from '../measure/row.ts';
import { until } from '../measure/until.ts';
import { openSide, SIDE_WORDS, SIDES, type SideName } from '../peers/open-side.ts';
import { benchDiagnostics } from '../world/diagnostics.ts';
import { connect } from '../world/connect.ts';
import type { World } from '../world/world.ts';

interface Costs {
  readonly statements: number;
  readonly rows: number;
  readonly commits: number;
  readonly walKilobytes: number;
}

/** What one job costs the database, submitted singly. These are counts, not times: the same on every machine. */
export async function writeCosts(world: World, effort: Effort): Promise<readonly Row[]> {
  world.say('lifecycles, rows and commits a job');
  const count = effort.of(300, 20);
  const costs = {} as Record<SideName, Costs>;
  for (const name of SIDES) costs[name] = await costOf(world, name, count);
  const tell = (key: keyof Costs, what: string, unit: string): readonly Row[] =>
    (['pgBoss', 'graphile'] as const).map((peer) =>
      toRow({
        name: `lifecycle-${key}-${SIDE_WORDS[peer]}`,
        what,
        unit,
        ours: [costs.ours[key]],
        against: { name: SIDE_WORDS[peer], samples: [costs[peer][key]] },
      }),
    );
  return [
    ...tell('statements', 'statements a job (one by one)', 'statements'),
    ...tell('rows', 'rows written a job', 'rows'),
    ...tell('commits', 'transactions that write, a job (one by one)', 'commits'),
    ...tell('walKilobytes', 'write-ahead log a job', 'KB'),
  ];
}

const IS_ALONE = `SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()) AS alone`;

async function costOf(world: World, name: SideName, count: number): Promise<Costs> {
  await using database = await world.createDatabase();
  await using connection = await connect(database.connectionString);
  const diagnostics = benchDiagnostics((words) => world.say(words));
  let before: Counters;
  let after: Counters;
  let statements: number;
  {
    await using side = await openSide(name, database.connectionString, diagnostics);
    await side.oneByOne(1);
    before = await read(connection);
    await connection.query('SELECT pg_stat_reset()');
    statements = await countStatements(() => side.oneByOne(count));
    await until(async () => (await connection.query<{ drained: boolean }>(side.isDrained))[0]?.drained === true);
    after = await read(connection);
  }
  // A connection tells what it counted at the latest when it ends; so the rows are read once all have, not only been told to.
  await until(async () => (await connection.query<{ alone: boolean }>(IS_ALONE))[0]?.alone === true);
  const [rows] = await connection.query<{ rows: string }>(
    `SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) AS rows FROM pg_stat_user_tables`,
  );
  return {
    statements: statements / count,
    rows: Number(rows?.rows) / count,
    commits: (after.transactions - before.transactions - 1) / count,
    walKilobytes: (after.wal - before.wal) / 1024 / count,
  };
}

interface Counters {
  readonly transactions: number;
  readonly wal: number;
}

/** Reading them takes a transaction number itself. */
async function read(connection: { query: World['query'] }): Promise<Counters> {
  const [row] = await connection.query<{ transactions: string; wal: string }>(
    `SELECT pg_current_xact_id()::text AS transactions, pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS wal`,
  );
  return { transactions: Number(row?.transactions), wal: Number(row?.wal) };
}
