import type { Epoch, Repositories } from '@hodei/domain';

/** How many of the newest rows are looked at; what is beyond them waits for the next look. */
const LOOK_AT = 200;

/** True where jobs or workers belong to an instance that is dead, like a `hodei run` that was killed. */
export async function hasAbandoned({
  instances,
  jobs,
  workers,
}: Pick<Repositories, 'instances' | 'jobs' | 'workers'>): Promise<boolean> {
  const [begun, live] = await Promise.all([
    jobs.list({ states: ['scheduled', 'running'], limit: LOOK_AT }),
    workers.list({ states: ['creating', 'connecting', 'ready', 'busy', 'draining', 'terminating'], limit: LOOK_AT }),
  ]);
  const owned = [...begun.items, ...live.items];
  if (owned.length === 0) return false;
  // Read last: an owner that is missing here has been dead since before its rows were read.
  const owners = new Set<Epoch | undefined>((await instances.listLive()).map(({ epoch }) => epoch));
  return owned.some(({ epoch }) => !owners.has(epoch));
}
