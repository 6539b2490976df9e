import { sql } from 'kysely';
import { parseJobId, parseProviderId, type Load, type ProviderId, type Resources } from '@hodei/domain';
import type { Database } from '../connection/database.ts';

interface LoadRow {
  readonly id: string;
  readonly workers: number;
  readonly cpu: number;
  readonly memory: number;
  readonly until: number | null;
  readonly job_id: string | null;
  readonly turn: number | null;
  readonly wanted: Resources | null;
}

/**
 * See `WorkerRepository.loads`. What is set aside for a job that waits no more is not there. The job is looked up for
 * each row that is set aside, which OFFSET 0 makes certain: a plan of the join, made while the tables were empty, went
 * through every job there ever was.
 */
export async function readLoads(database: Database): Promise<ReadonlyMap<ProviderId, Load>> {
  const rows = await database.runOften(
    sql<LoadRow>`
      SELECT coalesce(held.id, kept.id) AS id, coalesce(workers, 0) AS workers, coalesce(cpu, 0) AS cpu,
             coalesce(memory, 0) AS memory, until, job_id, turn, wanted
      FROM (
        SELECT provider_id AS id, count(*) AS workers, sum(cpu) AS cpu, sum(memory_bytes) AS memory
        FROM workers WHERE NOT is_over GROUP BY provider_id
      ) AS held FULL JOIN (
        SELECT set_aside.provider_id AS id, until, job_id, turn, spec->'resources' AS wanted
        FROM set_aside CROSS JOIN LATERAL (
          SELECT turn, spec FROM jobs
          WHERE id = set_aside.job_id AND state IN ('pending', 'scheduled') AND attempt_id IS NULL
          OFFSET 0
        ) AS job
      ) AS kept ON kept.id = held.id
    `,
  );
  return new Map(rows.map((row) => [parseProviderId(row.id), toLoad(row)]));
}

function toLoad({ workers, cpu, memory, until, job_id: jobId, turn, wanted }: LoadRow): Load {
  const load = { workers, cpu, memoryBytes: memory };
  if (until === null || jobId === null || turn === null) return load;
  const { cpu: keptCpu = 0, memoryBytes = 0 } = wanted ?? {};
  return { ...load, setAside: { jobId: parseJobId(jobId), turn, cpu: keptCpu, memoryBytes, until } };
}
