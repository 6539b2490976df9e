import { jobToJson, poolViewToJson, workerToJson } from '@hodei/server';

import type { Overview } from './load-overview.ts';

/** An overview for programs. */
export const overviewToJson = ({
  jobs,
  workers,
  pools,
  ...rest
}: Overview): Readonly<Record<string, readonly unknown[]>> => ({
  ...rest,
  ...(pools === undefined ? {} : { pools: pools.map(poolViewToJson) }),
  ...(workers === undefined ? {} : { workers: workers.map(workerToJson) }),
  jobs: jobs.map(jobToJson),
});
