/** So many samples make a median. */
const ENOUGH_ROUNDS = 3;

/**
 * Measures several sides in turns (A B A B ...), so that what else the machine does hits all of them alike. The
 * first rounds warm up and are thrown away.
 *
 * @param rounds.before what each sample waits for, of all sides alike: that nothing is left to do of the one before.
 * @param rounds.mostMs after so long, fewer rounds are enough: on a slow machine a benchmark ends as well. By default 20 s.
 */
export async function interleave<Side extends string, Sample>(
  sides: Readonly<Record<Side, () => Promise<Sample>>>,
  {
    rounds,
    warmUp = 1,
    mostMs = 20_000,
    before,
  }: {
    readonly rounds: number;
    readonly warmUp?: number;
    readonly mostMs?: number;
    readonly before?: () => Promise<void>;
  },
): Promise<Readonly<Record<Side, readonly Sample[]>>> {
  const names = Object.keys(sides) as Side[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]])) as Record<Side, Sample[]>;
  const startedAt = performance.now();
  for (let round = -warmUp; round < rounds; round += 1) {
    if (round >= ENOUGH_ROUNDS && performance.now() - startedAt > mostMs) break;
    for (const name of names) {
      await before?.();
      const sample = await sides[name]();
      if (round >= 0) samples[name].push(sample);
    }
  }
  return samples;
}
