import type { EpochMs, JobInput, Repositories } from '@hodei/domain';

import { FAIR_PLACES, type Weather } from './weather.ts';

/** What the installation's operator has configured: the same in each run, so that rules can be held against it. */
export const NARROW = { name: 'narrow', paused: false, weight: 3, maxInFlight: 1 } as const;
export const NARROW_KEY = { key: 'narrow-key', maxInFlight: 1 } as const;
/** A queue that is paused and resumed while the storm blows. */
export const FITFUL = 'fitful';

/** How many places each provider has: few in some storms, so that room is short. By what is drawn anyway, as below. */
export const placesOf = ({ startMs, pool, isFair }: Weather): number =>
  isFair ? FAIR_PLACES : Math.max((pool?.minIdle ?? 0) + 1, 1 + (startMs % 6));

const GIB = 1024 ** 3;

/** What an engine has where room is short. */
export const CROWDED = { cpu: 8, memoryBytes: 8 * GIB } as const;

/** What the job of this number asks for where room is short: some much, most little. */
export const resourcesOf = (index: number): JobInput => ({
  resources: { memoryBytes: (index % 4 === 1 ? 6 : 1 + (index % 3)) * GIB },
});

/** How the job of this number is admitted. By its number, not by chance: the storms stay as they are. */
export function admissionOf(index: number, now: EpochMs): JobInput {
  const queue = index % 4 === 1 ? NARROW.name : index % 5 === 2 ? FITFUL : undefined;
  return {
    ...(queue === undefined ? {} : { queue }),
    ...(index % 3 === 0 ? {} : { tenant: `tenant-${index % 3}` }),
    ...(index % 6 === 3 ? { concurrencyKey: NARROW_KEY.key } : {}),
    ...(index % 7 === 4 ? { notBefore: now + 2000 } : {}),
    ...(index % 9 === 5 ? { waitTimeoutMs: 5000 } : {}),
  };
}

/** Before the first instance is there. */
export async function configureAdmission({ queues }: Repositories, at: EpochMs): Promise<void> {
  await queues.put(NARROW, at);
  await queues.putLimit(NARROW_KEY, at);
  await queues.setPaused({ name: FITFUL, paused: true, at });
}
