import type { JobInput, JobState, TerminationCause } from '../../packages/domain/src/index.ts';
import { Random } from '../../packages/application/test/simulation/random.ts';

/** The kinds of jobs, in the proportions in which they come. */
const KINDS = [
  'success',
  'success',
  'output',
  'output',
  'stdin',
  'failure',
  'sleep',
  'oom',
  'cancel',
  'timeout',
] as const;

export type ChaosKind = (typeof KINDS)[number];

/** One job, and what has to become of it. */
export interface ChaosJob {
  readonly index: number;
  readonly kind: ChaosKind;
  readonly input: JobInput;
  /** When it is submitted, as a part of the whole time. */
  readonly submitAt: number;
  /** When its cancellation is asked for, in milliseconds after its submission. */
  readonly cancelAfterMs?: number;
  /** Its container may be killed from outside: it has attempts enough. */
  readonly mayBeKilled: boolean;
  readonly expected: {
    readonly state: JobState;
    readonly cause: TerminationCause;
    readonly exitCode?: number;
    /** All that its last attempt has to have written; where it is ended before its time, its beginning. */
    readonly stdout: Buffer;
    readonly stderr: Buffer;
    readonly endsEarly: boolean;
  };
}

/** Kills from outside count; this many a job can bear. */
const ATTEMPTS = 8;
const NOTHING = Buffer.alloc(0);

/** The jobs of a seed. */
export const makeWorkload = (seed: number, count: number): readonly ChaosJob[] => {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, index) => {
    // Each kind comes in its turn, so that a short run has them all.
    const kind = KINDS[index % KINDS.length] ?? 'success';
    return { index, kind, submitAt: (index + random.next()) / count, ...makeJob(kind, index, random.fork()) };
  });
};

type Made = Omit<ChaosJob, 'index' | 'kind' | 'submitAt'>;

const makeJob = (kind: ChaosKind, index: number, random: Random): Made => {
  const retry = { maxAttempts: ATTEMPTS, backoffMs: 100 };
  const exited = (exitCode: number, stdout: Buffer, stderr = NOTHING): Made['expected'] => ({
    state: exitCode === 0 ? 'succeeded' : 'failed',
    cause: 'exited',
    exitCode,
    stdout,
    stderr,
    endsEarly: false,
  });
  switch (kind) {
    case 'success':
      return {
        input: { script: `echo job ${index}; echo fine >&2`, retry },
        mayBeKilled: true,
        expected: exited(0, Buffer.from(`job ${index}\n`), Buffer.from('fine\n')),
      };
    case 'failure': {
      const code = random.int(1, 99);
      return {
        input: { script: `echo failing; exit ${code}` },
        mayBeKilled: false,
        expected: exited(code, Buffer.from('failing\n')),
      };
    }
    case 'output':
      return output(index, random, retry);
    case 'stdin': {
      const bytes = Buffer.from(Array.from({ length: random.int(1, 200_000) }, () => random.int(0, 255)));
      return { input: { command: ['cat'], stdin: bytes, retry }, mayBeKilled: true, expected: exited(0, bytes) };
    }
    case 'sleep':
      return {
        input: { script: `echo before; sleep ${random.int(1, 6)}; echo after`, retry },
        mayBeKilled: true,
        expected: exited(0, Buffer.from('before\nafter\n')),
      };
    case 'oom':
      return {
        input: { script: 'echo filling; x=x; while :; do x=$x$x; done', resources: { memoryBytes: 16 * 1024 * 1024 } },
        mayBeKilled: false,
        expected: { ...exited(137, Buffer.from('filling\n')), cause: 'oom_killed' },
      };
    case 'cancel':
      return {
        input: { script: 'echo waiting; sleep 600' },
        cancelAfterMs: random.int(0, 6000),
        mayBeKilled: false,
        expected: early('cancelled', Buffer.from('waiting\n')),
      };
    case 'timeout':
      return {
        input: { script: 'echo waiting; sleep 600', timeoutMs: random.int(500, 4000) },
        mayBeKilled: false,
        expected: early('timed_out', Buffer.from('waiting\n')),
      };
    default:
      return kind satisfies never;
  }
};

/** Known lines on both streams, over some seconds. */
const output = (index: number, random: Random, retry: JobInput['retry']): Made => {
  const bursts = random.int(3, 20);
  const lines = random.int(1, 300);
  const numbers = (stream: string): Buffer =>
    Buffer.from(
      Array.from({ length: bursts }, (_, burst) =>
        Array.from({ length: lines }, (__, line) => `${stream} ${index} ${burst} ${line}\n`).join(''),
      ).join(''),
    );
  const burst = (stream: string): string =>
    `awk -v b=$b 'BEGIN{for(l=0;l<${lines};l++)print "${stream} ${index} " b " " l}'`;
  const script = `b=0; while [ $b -lt ${bursts} ]; do ${burst('out')}; ${burst('err')} >&2; b=$((b+1)); sleep 0.2; done`;
  return {
    input: { script, ...(retry === undefined ? {} : { retry }) },
    mayBeKilled: true,
    expected: {
      state: 'succeeded',
      cause: 'exited',
      exitCode: 0,
      stdout: numbers('out'),
      stderr: numbers('err'),
      endsEarly: false,
    },
  };
};

const early = (state: 'cancelled' | 'timed_out', stdout: Buffer): Made['expected'] => ({
  state,
  cause: state,
  stdout,
  stderr: NOTHING,
  endsEarly: true,
});
