import { setTimeout as delay } from 'node:timers/promises';

/** So many samples make a median. */
const ENOUGH_ROUNDS = 3;

/**
 * Measures several sides in turns (A B A B ...), so that what else the machine does hits all of them alike. The
 * first rounds warm up and are thrown away.
 *
 * @param rounds.restMs a pause before each sample, for what the one before left to do: an engine goes on tidying up for some
 * 100 ms after a container is gone. By default none.
 * @param rounds.mostMs after so long, fewer rounds are enough: on a slow machine a benchmark ends as well. By default 20 s.
 */
export async function interleave<Side extends string, Sample>(
  sides: Readonly<Record<Side, () => Promise<Sample>>>,
  {
    rounds,
    warmUp = 1,
    mostMs = 20_000,
    restMs = 0,
  }: { readonly rounds: number; readonly warmUp?: number; readonly mostMs?: number; readonly restMs?: number },
): Promise<Readonly<Record<Side, readonly Sample[]>>> {
  const names = Object.keys(sides) as Side[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]])) as Record<Side, Sample[]>;
  const startedAt = performance.now();
  for (let round = -warmUp; round < rounds; round += 1) {
    if (round >= ENOUGH_ROUNDS && performance.now() - startedAt > mostMs) break;
    for (const name of names) {
      if (restMs > 0) await delay(restMs);
      const sample = await sides[name]();
      if (round >= 0) samples[name].push(sample);
    }
  }
  return samples;
}
