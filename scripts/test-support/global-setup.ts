import type { TestProject } from 'vitest/node';
import { findEngine } from '../engine/reach-engine.ts';
import { ImageEnsurer } from '../images/image-ensurer.ts';
import { images } from '../images/names.ts';
import { expectNoLeftovers } from './expect-no-leftovers.ts';
import { listManaged } from './list-resources.ts';
import { startPostgres } from './start-postgres.ts';
import { reapDeadRuns, startTestRun } from './test-run.ts';

/** Once before the first integration test: an engine that answers, the images, and one Postgres for all. */
export default async (project: TestProject): Promise<() => Promise<void>> => {
  const { address, endpoint } = await findEngine().catch((error: unknown) => {
    throw new Error(
      'The integration tests need a Docker Engine. Start Docker, or set DOCKER_HOST to one; as root on Debian ' +
        '`npm test` installs and starts it by itself.',
      { cause: error },
    );
  });
  if (address !== 'unix:///var/run/docker.sock') {
    // Testcontainers and the tests know this variable, not Docker's contexts.
    process.env['DOCKER_HOST'] = address;
  }
  // Its reaper is an image of its own, which cannot be had without a registry; reapDeadRuns does its work.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';

  await new ImageEnsurer(endpoint, (words) => process.stderr.write(`${words}\n`)).ensureAll();
  await reapDeadRuns(endpoint);
  const before = await listManaged(endpoint);
  const run = startTestRun();
  const postgres = await startPostgres(endpoint, run);

  project.provide('postgresAdminUrl', postgres.getConnectionUri());
  project.provide('images', images);
  project.provide('testRunId', run.id);

  return async () => {
    await postgres.stop({ timeout: 0 });
    await expectNoLeftovers(endpoint, before);
  };
};
