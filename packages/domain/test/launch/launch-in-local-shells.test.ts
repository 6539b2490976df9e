import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeLaunchInShell, SCRATCH } from './describe-launch-in-shell.ts';
import { describeReusableLauncher } from './describe-reusable-launcher.ts';
import { ODD_PROGRAM, ODD_PROGRAMS } from './odd-programs.ts';
import { orderFor, runWorker } from './shell-under-test.ts';
import { encodeReusableOrder } from '../../src/index.ts';

const SHELLS = ['/bin/dash', '/bin/sh', '/bin/bash'].filter((path) => existsSync(path));

/** A process namespace of one's own, with its own `/proc`. What runs in it needs a group of its own as well. */
const NAMESPACE = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'] as const;
const hasNamespaces = spawnSync(NAMESPACE[0], [...NAMESPACE.slice(1), 'true']).status === 0;

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
  describeLaunchInShell(
    `${path} that is reusable`,
    () => ({ name: path, command: [path, '-c'], argv0: 'sh', isReusable: true }),
    { numRuns: 60, oddPrograms },
  );
  // The same runs in busybox, in a container, where it is always possible.
  if (hasNamespaces) {
    describeReusableLauncher(path, () => ({ name: path, command: [...NAMESPACE, 'setsid', path, '-c'] }));
  }
}

test('a reusable launcher that does not have its namespace to itself kills nothing, and ends', async () => {
  const other = spawn('sleep', ['60']);
  const shell = { name: 'sh', command: ['/bin/sh', '-c'], isReusable: true };
  const orders = ['0', '1'].map((digit) =>
    encodeReusableOrder(orderFor({ nonce: digit.repeat(32), argv: ['/bin/sh', '-c', 'exit 5'] })),
  );
  const { stdout, exitCode } = await runWorker(shell, orders.join(''));
  expect(stdout.toString()).toContain(`${'0'.repeat(32)}:ended:5:unclean`);
  expect([exitCode, stdout.includes('1'.repeat(32))]).toEqual([5, false]);
  expect(other.exitCode ?? other.signalCode).toBeNull();
  other.kill();
});
