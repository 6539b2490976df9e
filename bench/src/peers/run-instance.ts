// One more instance of a side, in a process of its own: runs what others submit, in its turns (`work`, `rest`), until its stdin ends.
import { createInterface } from 'node:readline';

import { benchDiagnostics } from '../world/diagnostics.ts';
import { openSide, SIDES } from './open-side.ts';

const [wanted, connectionString] = process.argv.slice(2);
const name = SIDES.find((side) => side === wanted);
if (name === undefined || connectionString === undefined) throw new TypeError('usage: run-instance.ts SIDE URL');
{
  await using side = await openSide(name, connectionString, benchDiagnostics(console.error), 'run');
  console.log('ready');
  for await (const turn of createInterface({ input: process.stdin })) {
    if (turn === 'work') side.work?.();
    else await side.rest?.();
  }
}
