import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Failure, Part } from './bench.ts';
import type { Row } from './measure/row.ts';
import { startProcess } from './world/start-process.ts';

const MEASURE = join(import.meta.dirname, 'measure-part.ts');

/**
 * Measures a part in a process of its own. One that fails, or is not done in time, is ended with all that it started.
 * @param withinMs its deadline.
 */
export async function runPart(
  { name }: Pick<Part, 'name'>,
  withinMs: number,
  module: string = MEASURE,
): Promise<readonly Row[] | Failure> {
  const folder = await mkdtemp(join(tmpdir(), 'hodei-bench-part-'));
  const file = join(folder, 'rows.json');
  const child = startProcess(module, [name, file], { ownGroup: true });
  const { pid } = child.process;
  const over = new AbortController();
  const late = setTimeout(() => {
    over.abort();
    // The whole group: the servers and instances that it started as well.
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  }, withinMs);
  try {
    const code = await child.ended;
    if (over.signal.aborted) return { name, why: `it was not done within ${Math.round(withinMs / 1000)} s` };
    if (code !== 0) return { name, why: `its process ended with ${code}` };
    return JSON.parse(await readFile(file, 'utf8')) as readonly Row[];
  } finally {
    clearTimeout(late);
    await rm(folder, { recursive: true, force: true });
  }
}
