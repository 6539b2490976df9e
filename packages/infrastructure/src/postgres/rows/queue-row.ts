import type { Selectable } from 'kysely';
import type { Queue } from '@hodei/domain';
import type { Schema } from '../schema.ts';

/** A queue as the database gives it. */
export type QueueRow = Pick<Selectable<Schema['queues']>, 'name' | 'paused' | 'weight' | 'max_in_flight'>;

export function toQueue({ name, paused, weight, max_in_flight: maxInFlight }: QueueRow): Queue {
  return { name, paused, weight, ...(maxInFlight === null ? {} : { maxInFlight }) };
}
