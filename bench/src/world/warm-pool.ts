import { checkPoolInput } from '@hodei/domain';

import { until } from '../measure/until.ts';
import type { DockerPlane } from './docker-plane.ts';

const NAME = 'bench';

/** A pool of workers that wait for the jobs of a benchmark. */
export interface WarmPool {
  /** Resolves when as many workers wait as the pool shall have. */
  full(): Promise<void>;
}

/** Keeps so many workers waiting. @param maxJobsPerWorker 1: each job gets a worker of its own. */
export async function keepWarm(
  { plane }: DockerPlane,
  image: string,
  workers: number,
  maxJobsPerWorker = 1,
): Promise<WarmPool> {
  const { context } = plane;
  const pool = checkPoolInput({
    name: NAME,
    template: { image },
    minIdle: workers,
    maxIdle: workers,
    // Where one runs one job after another, no other shall take them.
    maxWorkers: maxJobsPerWorker === 1 ? workers * 4 : workers,
    maxJobsPerWorker,
  });
  await context.repositories.pools.put({ pool, version: 0, at: context.clock.now() });
  const full = (): Promise<void> => until(() => (context.idle?.count(NAME, 'waiting') ?? 0) >= workers, { everyMs: 5 });
  await full();
  return { full };
}
