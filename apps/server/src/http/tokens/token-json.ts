import type { Token } from '@hodei/domain';

import { formatMoment } from '../format-moment.ts';
import type { Frozen } from '../frozen.ts';
import type { TokenJson } from './token-schemas.ts';

/** A token as JSON; its secret is nowhere. */
export const tokenToJson = ({ createdAt, expiresAt, revokedAt, ...rest }: Token): Frozen<TokenJson> => ({
  ...rest,
  createdAt: formatMoment(createdAt),
  ...(expiresAt === undefined ? {} : { expiresAt: formatMoment(expiresAt) }),
  ...(revokedAt === undefined ? {} : { revokedAt: formatMoment(revokedAt) }),
});
