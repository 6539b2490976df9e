import { pauseQueue, putQueue, resumeQueue } from '@hodei/application';
import type { Queue } from '@hodei/domain';
import type { Store } from '@hodei/server';

import type { QueueChange } from '../backend.ts';
import { defined } from '../defined.ts';

/** See `Backend.changeQueue`. */
export async function changeQueue(store: Store, name: string, change: QueueChange): Promise<Queue> {
  const { paused, weight, maxInFlight } = change;
  if (paused !== undefined && weight === undefined && maxInFlight === undefined) {
    return paused ? pauseQueue(store, name) : resumeQueue(store, name);
  }
  const { maxInFlight: limit, ...queue } = await store.repositories.queues.get(name);
  const most = maxInFlight === undefined ? limit : maxInFlight;
  return putQueue(store, {
    ...queue,
    ...defined({ paused, weight }),
    ...(most === undefined || most === null ? {} : { maxInFlight: most }),
  });
}
