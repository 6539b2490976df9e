import {
  isCounted,
  isTerminalJobState,
  type Attempt,
  type Job,
  type LogRecord,
} from '../../packages/domain/src/index.ts';
import type { ChaosJob } from './workload.ts';

/** What became of one job. */
export interface JobVerdict {
  readonly violations: readonly string[];
  /** Like `succeeded` or `failed (oom_killed)`. */
  readonly actual: string;
  readonly bytes: number;
  readonly attempts: number;
  readonly counted: number;
  /** Output that Docker itself lost, and that the job says is lost. */
  readonly hasMarkedLoss: boolean;
}

/** Compares what became of a job with what had to. Pure. */
export const verifyJob = (
  wanted: ChaosJob,
  found: {
    readonly job: Job;
    readonly attempts: readonly Attempt[];
    readonly logs: readonly LogRecord[];
    readonly kills: number;
  },
): JobVerdict => {
  const { job, attempts, logs, kills } = found;
  const { expected } = wanted;
  const violations: string[] = [];
  const wrong = (words: string): void =>
    void violations.push(`job ${wanted.index} (${wanted.kind}, ${job.id}): ${words}`);
  const last = attempts.at(-1);
  const outcome = job.outcome;
  const actual = outcome === undefined || outcome.cause === 'exited' ? job.state : `${job.state} (${outcome.cause})`;
  const verdict = { violations, actual, attempts: attempts.length, counted: 0, bytes: 0, hasMarkedLoss: false };
  if (!isTerminalJobState(job.state)) {
    wrong(`it never ended; it is ${job.state}`);
    return verdict;
  }
  const marked = logs.filter(({ attemptId, gap }) => gap !== undefined && attemptId === last?.id);
  // A cancelled job may have ended by itself in the very moment; one that was never begun has no attempt.
  if (job.state !== expected.state || outcome?.cause !== expected.cause)
    wrong(`expected ${expected.state} (${expected.cause}), got ${actual}: ${JSON.stringify(outcome?.evidence)}`);
  if (expected.exitCode !== undefined && outcome?.evidence.exitCode !== expected.exitCode)
    wrong(`expected exit code ${expected.exitCode}, got ${JSON.stringify(outcome)}`);
  const open = attempts.filter((attempt) => attempt.outcome === undefined);
  if (open.length > 0) wrong(`${open.length} of its attempts have no outcome`);
  const counted = attempts.filter((attempt) => attempt.outcome !== undefined && isCounted(attempt.outcome)).length;
  if (counted > 1 + kills) {
    const outcomes = JSON.stringify(attempts.map((attempt) => attempt.outcome));
    wrong(`${counted} attempts were counted, and it was killed from outside ${kills} times: ${outcomes}`);
  }
  for (const attempt of attempts) {
    for (const stream of ['stdout', 'stderr'] as const) {
      const records = logs.filter((record) => record.attemptId === attempt.id && record.stream === stream);
      const bytes = Buffer.concat(records.map((record) => record.bytes));
      verdict.bytes += bytes.length;
      const whole = expected[stream];
      if (!whole.subarray(0, bytes.length).equals(bytes))
        wrong(`${stream} of attempt ${attempt.number} is not what it wrote: ${describe(bytes, whole)}`);
      const mayBeShort = attempt !== last || expected.endsEarly || marked.length > 0;
      if (!mayBeShort && bytes.length < whole.length)
        wrong(`${stream} of its last attempt lacks ${whole.length - bytes.length} of ${whole.length} bytes`);
    }
  }
  return { ...verdict, counted, hasMarkedLoss: marked.length > 0 };
};

const describe = (bytes: Buffer, whole: Buffer): string => {
  const at = bytes.findIndex((byte, index) => byte !== whole[index]);
  return `from byte ${at} on "${bytes.subarray(at, at + 40).toString('latin1')}" (${bytes.length} bytes, ${whole.length} expected)`;
};
