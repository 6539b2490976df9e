/**
 * Measures several sides in turns (A B A B ...), so that what else the machine does hits all of them alike. The
 * first rounds warm up and are thrown away.
 */
export async function interleave<Side extends string, Sample>(
  sides: Readonly<Record<Side, () => Promise<Sample>>>,
  { rounds, warmUp = 1 }: { readonly rounds: number; readonly warmUp?: number },
): Promise<Readonly<Record<Side, readonly Sample[]>>> {
  const names = Object.keys(sides) as Side[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]])) as Record<Side, Sample[]>;
  for (let round = -warmUp; round < rounds; round += 1) {
    for (const name of names) {
      const sample = await sides[name]();
      if (round >= 0) samples[name].push(sample);
    }
  }
  return samples;
}
