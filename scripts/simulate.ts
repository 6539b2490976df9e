// `pnpm simulate --seeds N` runs N seeds; `pnpm simulate --seed S` replays one and prints what happened in it.
import { parseArgs } from 'node:util';

import { simulate } from '../packages/application/test/simulation/simulate.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
  },
});

if (values.seed === undefined) await runMany(Number(values.from), Number(values.seeds));
else await replay(Number(values.seed));
// What was stopped in the middle of a call never comes back.
process.exit();

async function replay(seed: number): Promise<void> {
  const { trace, violation, hash } = await simulate(seed, { keepTrace: true });
  for (const line of trace) console.log(line);
  console.log(
    violation === undefined ? `seed ${seed} (${hash}) breaks no rule` : `seed ${seed} (${hash}): ${violation}`,
  );
  if (violation !== undefined) process.exitCode = 1;
}

async function runMany(from: number, count: number): Promise<void> {
  let broken = 0;
  for (let seed = from; seed < from + count; seed += 1) {
    const { violation } = await simulate(seed);
    if (violation === undefined) continue;
    broken += 1;
    console.log(`seed ${seed}: ${violation}\n  replay it with: pnpm simulate --seed ${seed}`);
  }
  console.log(`${count} seeds, ${broken} of them break a rule`);
  if (broken > 0) process.exitCode = 1;
}
