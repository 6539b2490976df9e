import { HodeiError } from '../errors.ts';
import type { Resources } from './resources.ts';
import type { SetAside } from './set-aside.ts';

/** How much more than there is may be promised to workers, as factors: 1 is no more than there is. */
export interface Overcommit {
  readonly cpu?: number;
  readonly memory?: number;
}

/**
 * CPU is only slower where more is promised than there is, and most jobs ask for more than they use; where more
 * memory is used than there is, something is killed.
 */
export const DEFAULT_OVERCOMMIT = { cpu: 4, memory: 1 } as const satisfies Required<Overcommit>;

/** What may be promised to all workers of a provider together; an absent field has no bound. */
export interface Capacity {
  readonly cpu?: number;
  readonly memoryBytes?: number;
}

/** What the workers of a provider hold. */
export interface Load {
  readonly workers: number;
  /** What they asked for; one that asked for nothing counts as a worker alone. */
  readonly cpu: number;
  readonly memoryBytes: number;
  /** What is kept for one job beside that. */
  readonly setAside?: SetAside;
}

/** What may be promised of what an engine has. Pure. */
export function capacityOf({ cpu, memoryBytes }: Resources, overcommit: Overcommit = {}): Capacity {
  const factors = { ...DEFAULT_OVERCOMMIT, ...overcommit };
  return {
    ...(cpu === undefined ? {} : { cpu: cpu * factors.cpu }),
    ...(memoryBytes === undefined ? {} : { memoryBytes: Math.floor(memoryBytes * factors.memory) }),
  };
}

/**
 * What keeps one more worker out, a sentence each; nothing where it has room. Pure.
 * @param load without that worker.
 * @param kept what has to be left for another one beside it, see {@link leavesRoom}.
 */
export function lackOfRoom(
  provider: { readonly maxWorkers: number; readonly capacity?: Capacity },
  load: Load,
  { cpu = 0, memoryBytes = 0 }: Resources,
  kept?: SetAside,
): readonly string[] {
  const { capacity = {}, maxWorkers } = provider;
  const lacks: string[] = [];
  if (load.workers >= maxWorkers) lacks.push(`full, with ${load.workers} of ${maxWorkers} workers`);
  if (cpu > 0 && capacity.cpu !== undefined && load.cpu + cpu > capacity.cpu)
    lacks.push(`${load.cpu} of ${capacity.cpu} CPUs are promised, and ${cpu} are asked for`);
  if (memoryBytes > 0 && capacity.memoryBytes !== undefined && load.memoryBytes + memoryBytes > capacity.memoryBytes)
    lacks.push(
      `${load.memoryBytes} of ${capacity.memoryBytes} bytes of memory are promised, and ${memoryBytes} are asked for`,
    );
  if (lacks.length > 0 || kept === undefined) return lacks;
  const together = {
    workers: load.workers + 1,
    cpu: load.cpu + (cpu > 0 ? kept.cpu : 0),
    memoryBytes: load.memoryBytes + (memoryBytes > 0 ? kept.memoryBytes : 0),
  };
  const isInTheWay = lackOfRoom(provider, together, { cpu, memoryBytes }).length > 0;
  return isInTheWay ? [`room is set aside for job ${kept.jobId}`] : [];
}

/** How far a worker is from having room, as the part of what the provider has; 0 or less where it has. Pure. */
export function distanceToRoom(
  { maxWorkers, capacity = {} }: { readonly maxWorkers: number; readonly capacity?: Capacity },
  load: Load,
  { cpu = 0, memoryBytes = 0 }: Resources,
): number {
  const parts = [(load.workers + 1 - maxWorkers) / maxWorkers];
  if (cpu > 0 && capacity.cpu !== undefined) parts.push((load.cpu + cpu - capacity.cpu) / capacity.cpu);
  if (memoryBytes > 0 && capacity.memoryBytes !== undefined)
    parts.push((load.memoryBytes + memoryBytes - capacity.memoryBytes) / capacity.memoryBytes);
  return Math.max(...parts);
}

/** @throws HodeiError `invalid_input` */
export function assertOvercommit({ cpu = 1, memory = 1 }: Overcommit): void {
  for (const [name, factor] of Object.entries({ cpu, memory })) {
    if (Number.isFinite(factor) && factor >= 0.1 && factor <= 100) continue;
    throw new HodeiError('invalid_input', `overcommit.${name} ${factor} must be a number from 0.1 to 100`);
  }
}
