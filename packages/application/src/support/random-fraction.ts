import type { IdGenerator } from '@hodei/domain';

/** A random number from 0 to below 1, from the one source of randomness that is passed in. */
export const randomFraction = (ids: Pick<IdGenerator, 'nonce'>): number =>
  Number.parseInt(ids.nonce().slice(0, 8), 16) / 2 ** 32;
