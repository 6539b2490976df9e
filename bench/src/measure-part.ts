// Measures one part and writes its rows: measure-part.ts NAME FILE
import { writeFile } from 'node:fs/promises';

import { effortOf } from './bench.ts';
import { PARTS } from './rows/parts.ts';
import { openWorld } from './world/world.ts';

const [wanted, file] = process.argv.slice(2);
const part = PARTS.find(({ name }) => name === wanted);
if (part === undefined || file === undefined) throw new TypeError('usage: measure-part.ts NAME FILE');
// Where whoever asked for it is gone, nobody needs it.
process.stdin.resume().once('end', () => process.exit(1));
{
  await using world = await openWorld((words) => void process.stderr.write(`        ${words}\n`));
  // Before the world ends: what can't be tidied up does not cost the figures.
  await writeFile(file, JSON.stringify(await part.measure(world, effortOf(false))));
}
// Whatever a part may have left open does not keep it.
process.exit(0);
