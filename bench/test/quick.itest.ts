import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

import type { Row } from '../src/measure/row.ts';
import { NAMES } from '../src/rows/parts.ts';

const MAIN = join(import.meta.dirname, '..', 'src', 'main.ts');

// Times are not judged here, but each part has deadlines of its own: a machine that is busy with other tests may miss one once.
it('every row of the benchmark yields numbers', { timeout: 120_000, retry: 2 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hodei-bench-test-'));
  try {
    const file = join(folder, 'rows.json');
    await promisify(execFile)(process.execPath, ['--conditions=@hodei/source', MAIN, '--quick', '--json', file]);
    const rows = JSON.parse(await readFile(file, 'utf8')) as readonly Row[];
    const broken = rows.filter(
      ({ ours, against, ratio }) =>
        !(ours.p50 > 0 && ours.p99 > 0) ||
        // Of a peer, Postgres may not have counted the last rows yet; then there is no ratio.
        (against !== null && !(against.p50 === 0 || (against.p50 > 0 && Number.isFinite(ratio)))),
    );
    expect(broken).toEqual([]);
    const measured = rows.map(({ name }) => name.split('-')[0]);
    expect(new Set(measured)).toEqual(new Set(NAMES));
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
