import { checkKeyLimit, type KeyLimit, type KeyLimitView } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';

type Context = Pick<JobContext, 'repositories' | 'clock'>;

/**
 * Limits how many jobs with a concurrency key are in flight at once; the key `*` counts every job of the
 * installation. What is above it already goes on.
 * @throws HodeiError `invalid_input`
 */
export async function putLimit({ repositories, clock }: Context, limit: KeyLimit): Promise<KeyLimit> {
  return repositories.queues.putLimit(checkKeyLimit(limit), clock.now());
}

/** All limits by key, with what they count now. */
export const listLimits = ({ repositories }: Pick<Context, 'repositories'>): Promise<readonly KeyLimitView[]> =>
  repositories.queues.listLimits();

/** @throws HodeiError `not_found` */
export const deleteLimit = ({ repositories, clock }: Context, key: string): Promise<void> =>
  repositories.queues.deleteLimit(key, clock.now());
