// pnpm bench [NAME...] [--quick] [--json FILE]
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { effortOf, type Failure } from './bench.ts';
import type { Row } from './measure/row.ts';
import { parseOptions } from './options.ts';
import { formatReport } from './report/format-report.ts';
import { formatTable } from './report/format-table.ts';
import { machineFacts } from './report/machine-facts.ts';
import { NAMES, nameOf, PARTS } from './rows/parts.ts';
import { runPart } from './run-part.ts';
import { settle } from './world/settle.ts';
import { openWorld } from './world/world.ts';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');
/** All together take no longer, in seconds; what has not begun by then fails. */
const MOST_SECONDS = 590;
const startedAt = performance.now();
const seconds = (): number => (performance.now() - startedAt) / 1000;
const say = (words: string): void => void process.stderr.write(`${seconds().toFixed(0).padStart(4)} s  ${words}\n`);

const options = parseOptions(process.argv.slice(2), NAMES);
const parts = PARTS.filter((part) => options.names.includes(nameOf(part)));
const rows: Row[] = [];
const failures: Failure[] = [];
{
  await using world = await openWorld(say);
  // Where times are not judged, they need not be undisturbed either, and every failure is one of the whole.
  if (options.quick) {
    const results = await Promise.allSettled(parts.map((part) => part.measure(world, effortOf(true))));
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') rows.push(...result.value);
      else failures.push({ name: parts[index]?.name ?? '', why: String(result.reason) });
    }
  } else {
    // Where it has to be started and given its images first, that is no part's time.
    await world.docker();
    for (const part of parts) {
      await settle();
      say(`== ${part.name}`);
      const result = await runPart(part, Math.min(part.deadline, MOST_SECONDS - seconds()) * 1000);
      if ('why' in result) {
        say(`${part.name} failed: ${result.why}`);
        failures.push(result);
      } else rows.push(...result);
    }
  }
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(rows, undefined, 2)}\n`);
  if (options.writesDocs) {
    const facts = await machineFacts(world);
    await writeFile(join(DOCS, 'benchmarks.md'), formatReport(facts, rows, failures, seconds()));
    await writeFile(join(DOCS, 'benchmarks.json'), `${JSON.stringify({ facts, rows, failures }, undefined, 2)}\n`);
  }
}
console.log(formatTable(rows, failures));
say('done');
if (failures.length > 0) process.exitCode = 1;
