import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject } from 'vitest';
import { describeLaunchInShell } from './describe-launch-in-shell.ts';
import { describeReusableLauncher } from './describe-reusable-launcher.ts';
import { ODD_PROGRAM, ODD_PROGRAMS } from './odd-programs.ts';

const ODD_PROGRAMS_DIR = '/tmp/odd-programs';

const run = promisify(execFile);
const docker = async (...args: readonly string[]): Promise<string> => (await run('docker', args)).stdout.trim();

const container = `hodei-test-launch-${randomUUID()}`;

const labels = [
  'hodei.managed=true',
  `hodei.test-run=${inject('testRunId')}`,
  `hodei.test-owner=${hostname()}/${process.pid}`,
].flatMap((label) => ['--label', label]);

beforeAll(async () => {
  await docker(
    'run',
    '--detach',
    '--init',
    '--network',
    'none',
    '--name',
    container,
    ...labels,
    inject('images').busybox,
    'sleep',
    '3600',
  );
  const write =
    'mkdir "$1"; cd "$1"; text=$2; shift 2; for name; do printf %s "$text" >"./$name"; chmod 755 "./$name"; done';
  await docker('exec', container, 'sh', '-c', write, 'sh', ODD_PROGRAMS_DIR, ODD_PROGRAM, ...ODD_PROGRAMS);
});

afterAll(async () => {
  await docker('rm', '--force', container);
  expect(await docker('ps', '--all', '--quiet', '--filter', `name=${container}`)).toBe('');
});

const inContainer = {
  name: 'busybox',
  command: ['docker', 'exec', '--interactive', container, 'env', '-i', 'PATH=/usr/bin:/bin', '/bin/sh', '-c'],
  env: process.env,
};

describeLaunchInShell('busybox', () => inContainer, { numRuns: 40, oddPrograms: ODD_PROGRAMS_DIR });
describeLaunchInShell('busybox that is reusable', () => ({ ...inContainer, isReusable: true }), {
  numRuns: 10,
  oddPrograms: ODD_PROGRAMS_DIR,
});

const freshContainer = ['run', '--rm', '--interactive', '--init', '--network', 'none', ...labels];
describeReusableLauncher('busybox', () => ({
  name: 'busybox',
  command: ['docker', ...freshContainer, inject('images').busybox, '/bin/sh', '-c'],
  env: process.env,
}));
