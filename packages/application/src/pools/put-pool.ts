import { checkPoolInput, isHodeiError, type Pool, type PoolInput } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';

type Context = Pick<JobContext, 'repositories' | 'clock'>;

/** So often somebody else may be faster before this gives up. */
const MOST_TRIES = 5;

/**
 * Creates a pool, or replaces it as a whole. Every instance that keeps pools goes by it within a second: workers of
 * another template are replaced, those that are too many destroyed.
 * @throws HodeiError `invalid_input`; `conflict` where others keep changing it, or it is not at `version`.
 */
export async function putPool({ repositories, clock }: Context, input: PoolInput, version?: number): Promise<Pool> {
  const pool = checkPoolInput(input);
  for (let tries = 1; ; tries += 1) {
    const now = version ?? (await find({ repositories }, pool.name))?.version ?? 0;
    try {
      return await repositories.pools.put({ pool, version: now, at: clock.now() });
    } catch (error) {
      if (version !== undefined || tries >= MOST_TRIES || !isHodeiError(error, 'conflict')) throw error;
    }
  }
}

/** A pool, and how its workers are now, over all instances. */
export interface PoolView {
  readonly pool: Pool;
  readonly idle: number;
  readonly busy: number;
  /** Those that are being made, or ended. */
  readonly other: number;
}

/** All pools by name. */
export async function listPools({ repositories }: Pick<Context, 'repositories'>): Promise<readonly PoolView[]> {
  const [pools, counts] = await Promise.all([repositories.pools.list(), repositories.workers.countByPool()]);
  return pools.map((pool) => ({ pool, ...(counts.get(pool.name) ?? { idle: 0, busy: 0, other: 0 }) }));
}

/** Forgets a pool; its idle workers are destroyed, its jobs go on. @throws HodeiError `not_found` */
export const deletePool = ({ repositories }: Pick<Context, 'repositories'>, name: string): Promise<void> =>
  repositories.pools.delete(name);

async function find({ repositories }: Pick<Context, 'repositories'>, name: string): Promise<Pool | undefined> {
  try {
    return await repositories.pools.get(name);
  } catch (error) {
    if (isHodeiError(error, 'not_found')) return undefined;
    throw error;
  }
}
