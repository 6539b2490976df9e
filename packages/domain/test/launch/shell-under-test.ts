import { spawn } from 'node:child_process';
import {
  createOrderReader,
  encodeLaunchOrder,
  encodeReusableOrder,
  LAUNCHER_SCRIPT,
  REUSABLE_LAUNCHER_SCRIPT,
  type LaunchOrder,
} from '../../src/index.ts';

/** How to run `sh -c <script>` somewhere; `workdir` of an order is a path there. */
export interface ShellUnderTest {
  readonly name: string;
  /** Program and arguments that come before the launcher script. */
  readonly command: readonly string[];
  /** What the program is told that it is called. */
  readonly argv0?: string;
  /** Where that program itself needs more than PATH. */
  readonly env?: NodeJS.ProcessEnv;
  /** The launcher of reusable workers instead. */
  readonly isReusable?: boolean;
}

/** What a worker did with what it was sent. */
export interface WorkerRun {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly exitCode: number | null;
}

/**
 * The words that make a job tell what it really was given; see {@link parseSighting}. No shell, which would
 * take the variables to heart. `words` are more arguments; none of them names a file.
 */
export const sightingJob = (words: readonly string[] = []): readonly string[] => [
  'cat',
  '/proc/self/cmdline',
  '/proc/self/environ',
  '--',
  ...words,
];

/** What the kernel says the job was given. */
export interface Sighting {
  readonly argv: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  /** How often a name stands in the environment at most; more than once would be ours to blame. */
  readonly mostRepeated: number;
}

/** Runs a worker, sends it these bytes and the end of its stdin, and waits for its end. */
export function runWorker(shell: ShellUnderTest, input: string | Uint8Array): Promise<WorkerRun> {
  const [program = '', ...args] = shell.command;
  const child = spawn(program, [...args, shell.isReusable === true ? REUSABLE_LAUNCHER_SCRIPT : LAUNCHER_SCRIPT], {
    env: shell.env ?? { PATH: '/usr/bin:/bin' },
    cwd: '/',
    argv0: shell.argv0 ?? program,
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes));
  child.stderr.on('data', (bytes: Buffer) => stderr.push(bytes));
  // A job may end before it has read its stdin.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) =>
      resolve({ stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr), exitCode }),
    );
  });
}

/** An order with defaults. */
export const orderFor = (parts: Partial<LaunchOrder>): LaunchOrder => ({
  nonce: '0123456789abcdef0123456789abcdef',
  argv: sightingJob(),
  env: {},
  secrets: {},
  ...parts,
});

/** What its launcher reads. */
export const encodeFor = ({ isReusable }: ShellUnderTest, order: LaunchOrder): string =>
  isReusable === true ? encodeReusableOrder(order) : encodeLaunchOrder(order);

/**
 * Runs a worker with an order. Of a reusable one, what it says behind its job is taken off.
 * @param rest what it is sent behind the order, and `before` what before it.
 */
export async function runOrder(
  shell: ShellUnderTest,
  parts: Partial<LaunchOrder>,
  rest = '',
  before = '',
): Promise<WorkerRun> {
  const order = orderFor(parts);
  const run = await runWorker(shell, before + encodeFor(shell, order) + rest);
  if (shell.isReusable !== true) return run;
  const { stdout, stderr } = run;
  const [out, err] = [createOrderReader(order.nonce), createOrderReader(order.nonce)];
  const [ownOut, ownErr] = [out.push(stdout), err.push(stderr)];
  if (out.end === undefined || err.end === undefined)
    throw new Error(`no end marker: ${String(stdout)}${String(stderr)}`);
  const marker = stdout.subarray(0, stdout.indexOf('\n') + 1);
  return {
    stdout: Buffer.concat([marker, ownOut]),
    stderr: Buffer.from(ownErr),
    exitCode: out.end.exitCode,
  };
}

/** What the job itself wrote on stdout, behind the marker's line. */
export const afterMarker = ({ stdout }: WorkerRun): string => stdout.subarray(stdout.indexOf('\n') + 1).toString();

/** Reads what {@link sightingJob} wrote, with so many words. */
export function parseSighting(run: WorkerRun, words: number): Sighting {
  const pieces = afterMarker(run).split('\0');
  const argv = pieces.splice(0, sightingJob().length + words);
  const entries = pieces
    .slice(0, -1)
    .map((entry): [string, string] => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]);
  const counts = new Map<string, number>();
  for (const [name] of entries) counts.set(name, (counts.get(name) ?? 0) + 1);
  return { argv, env: new Map(entries), mostRepeated: Math.max(0, ...counts.values()) };
}
