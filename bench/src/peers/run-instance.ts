// One more instance of a side, in a process of its own: runs what others submit until its stdin ends.
import { once } from 'node:events';

import { benchDiagnostics } from '../world/diagnostics.ts';
import { openSide, SIDES } from './open-side.ts';

const [wanted, connectionString] = process.argv.slice(2);
const name = SIDES.find((side) => side === wanted);
if (name === undefined || connectionString === undefined) throw new TypeError('usage: run-instance.ts SIDE URL');
{
  await using _side = await openSide(name, connectionString, benchDiagnostics(console.error), 'run');
  console.log('ready');
  process.stdin.resume();
  await once(process.stdin, 'end');
}
