import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeLaunchInShell, SCRATCH } from './describe-launch-in-shell.ts';
import { ODD_PROGRAM, ODD_PROGRAMS } from './odd-programs.ts';

const SHELLS = ['/bin/dash', '/bin/sh', '/bin/bash'].filter((path) => existsSync(path));

const oddPrograms = await mkdtemp(join(tmpdir(), 'hodei-launch-programs-'));

beforeAll(async () => {
  await mkdir(oddPrograms, { recursive: true });
  for (const name of ODD_PROGRAMS) {
    const path = join(oddPrograms, name);
    await writeFile(path, ODD_PROGRAM);
    await chmod(path, 0o755);
  }
});

afterAll(async () => {
  await rm(oddPrograms, { recursive: true });
  await rm(SCRATCH, { recursive: true, force: true });
});

test('there is a POSIX shell to test with', () => {
  expect(SHELLS).not.toEqual([]);
});

for (const path of SHELLS) {
  describeLaunchInShell(path, () => ({ name: path, command: [path, '-c'], argv0: 'sh' }), {
    numRuns: 150,
    oddPrograms,
  });
}
