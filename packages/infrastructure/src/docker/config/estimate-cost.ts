import type { Resources } from '@hodei/domain';

import type { DockerConfig } from './docker-config.ts';

const HOUR_MS = 3_600_000;
const GIB = 1024 ** 3;

/** What a worker costs for so long, by the operator's price list; nothing where there is none. */
export function estimateCost(
  { costPerHour, defaultResources }: Pick<DockerConfig, 'costPerHour' | 'defaultResources'>,
  asked: Resources,
  durationMs: number,
): number | undefined {
  if (costPerHour === undefined) return undefined;
  const { cpu = 0, memoryBytes = 0 } = { ...defaultResources, ...asked };
  const { perWorker, perCpu, perMemoryGib } = costPerHour;
  return (perWorker + perCpu * cpu + (perMemoryGib * memoryBytes) / GIB) * (durationMs / HOUR_MS);
}
