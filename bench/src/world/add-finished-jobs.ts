import type { Connection } from './connect.ts';

/** Jobs that ran and ended in the past, with their attempts and workers, as if they had been run. */
export async function addFinishedJobs(connection: Connection, count: number): Promise<void> {
  const spec = JSON.stringify({
    image: 'busybox',
    command: ['true'],
    env: {},
    secretNames: [],
    resources: {},
    network: 'none',
    retry: { maxAttempts: 1, backoffMs: 1000 },
    priority: 0,
    labels: {},
    requirements: {},
  });
  const outcome = JSON.stringify({ cause: 'exited', evidence: { exitCode: 0 } });
  await connection.query(`SET synchronous_commit = off`);
  // These workers were never alive: the trigger that asks for each whether there is room need not.
  await connection.query(`SET session_replication_role = replica`);
  await connection.query(`CREATE TEMPORARY TABLE past AS
    SELECT gen_random_uuid() AS job, gen_random_uuid() AS worker, gen_random_uuid() AS attempt,
           now() - make_interval(secs => 86400 + n) AS at
    FROM generate_series(1, ${count}) AS n`);
  await connection.query(
    `INSERT INTO jobs (id, state, priority, labels, spec, created_at, state_changed_at, not_before, started_at, finished_at, outcome)
     SELECT job, 'succeeded', 0, '{}', $1::jsonb, at, at, at, at, at, $2::json FROM past`,
    [spec, outcome],
  );
  await connection.query(
    `INSERT INTO workers (id, provider_id, state, epoch, image, resources, job_id, created_at, state_changed_at, expires_at, termination)
     SELECT worker, (SELECT id FROM providers LIMIT 1), 'terminated', 1, 'busybox', '{}', job, at, at, at, $1::json FROM past`,
    [outcome],
  );
  await connection.query(
    `INSERT INTO attempts (id, job_id, worker_id, provider_id, number, epoch, nonce, phases, warnings, outcome)
     SELECT attempt, job, worker, (SELECT id FROM providers LIMIT 1), 1, 1, 'n', '{}', '[]', $1::json FROM past`,
    [outcome],
  );
  await connection.query(`DROP TABLE past`);
  await connection.query(`SET session_replication_role = origin`);
  await connection.query(`SET synchronous_commit = on`);
  for (const table of ['jobs', 'workers', 'attempts']) await connection.query(`VACUUM (ANALYZE) ${table}`);
}
