import type { Pool } from '@hodei/domain';

import { formatMoment } from '../format-moment.ts';
import type { Frozen } from '../frozen.ts';
import type { PoolJson } from './pool-schemas.ts';

export const poolToJson = ({ createdAt, updatedAt, ...pool }: Pool): Frozen<PoolJson> => ({
  ...pool,
  createdAt: formatMoment(createdAt),
  updatedAt: formatMoment(updatedAt),
});
