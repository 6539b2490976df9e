import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { formatTable } from '../src/report/format-table.ts';
import { runPart } from '../src/run-part.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hodei-bench-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(program: string, withinMs = 60_000): ReturnType<typeof runPart> {
  const module = join(folder, 'part.mjs');
  await writeFile(module, program);
  return runPart({ name: 'part' }, withinMs, module);
}

it('a part gives its rows from a process of its own', async () => {
  const program = `import { writeFileSync } from 'node:fs'; writeFileSync(process.argv[3], JSON.stringify([process.argv[2]]));`;
  expect(await run(program)).toEqual(['part']);
});

it('one that fails costs nobody else anything: it is written as failed', async () => {
  const failure = await run('process.exit(3)');
  expect(failure).toEqual({ name: 'part', why: 'its process ended with 3' });
  expect(formatTable([], [{ name: 'part', why: 'its process ended with 3' }])).toContain(
    '| part | failed: its process ended with 3 |  |  |  |  | **no** |',
  );
});

it('one that does not end is ended at its deadline', async () => {
  expect(await run('setInterval(() => {}, 1000)', 300)).toEqual({ name: 'part', why: 'it was not done within 0 s' });
});
