import { PostgreSqlContainer, type StartedPostgreSqlContainer } from '@testcontainers/postgresql';
import type { EngineEndpoint } from '../engine/engine-address.ts';
import { imageIsPresent } from '../images/image-store.ts';
import { images } from '../images/names.ts';
import type { TestRun } from './test-run.ts';

/** The run's one Postgres. Its data live in memory and need to survive nothing, so no write waits for a disk. */
export const startPostgres = async (engine: EngineEndpoint, run: TestRun): Promise<StartedPostgreSqlContainer> => {
  const { official, local } = images.postgres;
  const image = (await imageIsPresent(engine, official)) ? official : local;
  return (
    new PostgreSqlContainer(image)
      .withUsername('postgres')
      .withDatabase('postgres')
      .withLabels(run.labels)
      .withTmpFs({ '/data': 'rw,mode=1777' })
      // A check that is given up leaves a process behind, which Postgres as process 1 takes for a crashed one of its own:
      // it restarts, and every connection breaks. On a busy machine the usual second is not enough.
      .withHealthCheck({
        test: ['CMD-SHELL', 'pg_isready --host localhost --username postgres --dbname postgres'],
        interval: 500,
        timeout: 60_000,
        retries: 1000,
      })
      .withEnvironment({ PGDATA: '/data/postgres' })
      .withCommand([
        'postgres',
        ...['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=300'].flatMap((setting) => [
          '-c',
          setting,
        ]),
      ])
      .start()
  );
};
