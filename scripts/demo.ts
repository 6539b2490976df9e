// `npm run demo`: real jobs through the real command line, and the proof that nothing of them is left.
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '..', 'apps', 'cli', 'src', 'main.ts');
const dataDir = await mkdtemp(join(tmpdir(), 'hodei-demo-'));
const failures: string[] = [];

/** What the demo reads of a job's JSON. */
interface JobReport {
  readonly id: string;
  readonly name?: string;
  readonly state: string;
  readonly cause?: string;
}

interface Result {
  readonly code: number;
  readonly stdout: string;
}

/** Runs `hodei` with these arguments; what it says on stderr goes to ours. */
async function hodei(args: readonly string[], whileRunning?: () => Promise<void>): Promise<Result> {
  const child = spawn(process.execPath, ['--conditions=@hodei/source', MAIN, ...args], {
    env: { ...process.env, HODEI_DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const code = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve(exitCode ?? -1));
  });
  await whileRunning?.();
  return { code: await code, stdout: Buffer.concat(chunks).toString() };
}

function expect(what: string, actual: unknown, expected: unknown): void {
  if (actual === expected) return;
  failures.push(`${what}: expected ${String(expected)}, got ${String(actual)}`);
}

async function show(
  title: string,
  id: string,
  expected: { readonly state: string; readonly cause: string },
): Promise<void> {
  const report = JSON.parse((await hodei(['jobs', 'get', id, '--json'])).stdout) as JobReport;
  const details = (await hodei(['jobs', 'get', id])).stdout.trim();
  const output = (await hodei(['jobs', 'logs', id])).stdout.trim();
  console.log(`\n== ${title}\n${details}\n\nits output\n${output.replaceAll(/^/gm, '  ')}`);
  expect(`${title}: state`, report.state, expected.state);
  expect(`${title}: cause`, report.cause, expected.cause);
}

/** The job that was submitted under this name. */
async function idOf(name: string): Promise<string> {
  const jobs = JSON.parse((await hodei(['jobs', 'ls', '--json'])).stdout) as readonly JobReport[];
  return jobs.find((job) => job.name === name)?.id ?? '';
}

async function run(name: string, args: readonly string[], code: number): Promise<string> {
  const result = await hodei(['run', '--quiet', '--name', name, ...args]);
  expect(`exit code of ${name}`, result.code, code);
  return idOf(name);
}

try {
  console.log(`Real jobs on the local Docker Engine, with a Postgres of their own in ${dataDir}`);
  const succeeds = await run('succeeds', ['--', 'sh', '-c', 'echo "hello from $(hostname)"; echo done >&2'], 0);
  await show('a job that succeeds', succeeds, { state: 'succeeded', cause: 'exited' });

  const fails = await run('fails', ['--', 'sh', '-c', 'echo trying; exit 7'], 7);
  await show('a job that fails with its exit code', fails, { state: 'failed', cause: 'exited' });

  const submitted = await hodei([
    'run',
    '--detach',
    '--name',
    'cancelled',
    '--',
    'sh',
    '-c',
    'echo waiting; sleep 600',
  ]);
  const detached = submitted.stdout.trim();
  await hodei(['jobs', 'logs', '-f', detached], async () => {
    await untilOutput(detached);
    expect('exit code of jobs cancel', (await hodei(['jobs', 'cancel', detached])).code, 0);
  });
  await show('a job that is cancelled', detached, { state: 'cancelled', cause: 'cancelled' });

  const greedy = await run(
    'greedy',
    ['--memory', '16m', '--', 'sh', '-c', 'echo filling; x=x; while :; do x=$x$x; done'],
    137,
  );
  await show('a job that is killed for memory', greedy, { state: 'failed', cause: 'oom_killed' });

  console.log('\n== what is left');
  const { stdout } = await hodei(['doctor']);
  const leftovers = stdout.split('\n').find((line) => line.includes('leftovers')) ?? 'no line about leftovers';
  console.log(leftovers);
  expect('leftover workers', leftovers.startsWith('ok') && leftovers.includes('0 workers'), true);
  const processes = await processesOf(dataDir);
  console.log(`processes of this demo: ${processes.length === 0 ? 'none' : processes.join(', ')}`);
  expect('leftover processes', processes.length, 0);
} finally {
  await rm(dataDir, { recursive: true, force: true });
}

for (const failure of failures) console.error(`not as it should be: ${failure}`);
console.log(failures.length === 0 ? '\nAll as it should be, and nothing is left.' : '\nThe demo failed.');
process.exitCode = failures.length === 0 ? 0 : 1;

/** Returns when the job has written something. */
async function untilOutput(id: string): Promise<void> {
  while ((await hodei(['jobs', 'logs', id])).stdout === '');
}

/** Processes that name this folder in their command line, where the system shows them in /proc. */
async function processesOf(folder: string): Promise<readonly string[]> {
  const pids = await readdir('/proc').catch(() => []);
  const lines = await Promise.all(
    pids
      .filter((pid) => /^\d+$/.test(pid))
      .map(async (pid) => `${pid} ${await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')}`),
  );
  return lines.filter((line) => line.includes(folder)).map((line) => line.replaceAll('\0', ' ').trim());
}
