import type { PoolView } from '@hodei/application';
import type { Pool } from '@hodei/domain';

import { formatMoment } from '../format-moment.ts';
import type { Frozen } from '../frozen.ts';
import type { PoolJson, PoolViewJson } from './pool-schemas.ts';

export const poolToJson = ({ createdAt, updatedAt, ...pool }: Pool): Frozen<PoolJson> => ({
  ...pool,
  createdAt: formatMoment(createdAt),
  updatedAt: formatMoment(updatedAt),
});

/** A pool with how its workers are. */
export const poolViewToJson = ({ pool, ...counts }: PoolView): Frozen<PoolViewJson> => ({
  ...poolToJson(pool),
  ...counts,
});
