// pnpm bench [NAME...] [--quick] [--json FILE]
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { effortOf } from './bench.ts';
import type { Row } from './measure/row.ts';
import { parseOptions } from './options.ts';
import { formatReport } from './report/format-report.ts';
import { formatTable } from './report/format-table.ts';
import { machineFacts } from './report/machine-facts.ts';
import { BENCHES } from './rows/benches.ts';
import { openWorld } from './world/world.ts';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');
const startedAt = performance.now();
const seconds = (): number => (performance.now() - startedAt) / 1000;
const say = (words: string): void => void process.stderr.write(`${seconds().toFixed(0).padStart(4)} s  ${words}\n`);

const options = parseOptions(process.argv.slice(2), Object.keys(BENCHES));
const rows: Row[] = [];
{
  await using world = await openWorld(say);
  const measure = async (name: string): Promise<readonly Row[]> => {
    say(`== ${name}`);
    return (await BENCHES[name]?.(world, effortOf(options.quick))) ?? [];
  };
  // Where times are not judged, they need not be undisturbed either.
  if (options.quick) rows.push(...(await Promise.all(options.names.map(measure))).flat());
  else for (const name of options.names) rows.push(...(await measure(name)));
  const facts = await machineFacts(world);
  const json = `${JSON.stringify({ facts, rows }, undefined, 2)}\n`;
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(rows, undefined, 2)}\n`);
  if (options.writesDocs) {
    await writeFile(join(DOCS, 'benchmarks.md'), formatReport(facts, rows, seconds()));
    await writeFile(join(DOCS, 'benchmarks.json'), json);
  }
}
console.log(formatTable(rows));
say('done');
