import {
  endOfChunk,
  type Attempt,
  type AttemptId,
  type JobId,
  type LogRecord,
  type Outcome,
  type OutputGap,
  type OutputStream,
} from '@hodei/domain';
import type { InMemoryWorker } from '@hodei/testkit/in-memory';

import { shortId } from './reach-store.ts';
import type { World } from './world.ts';

/** These end with the worker's exit, so that all its output could be read. */
const READ_TO_THE_END: readonly string[] = [
  'exited',
  'signalled',
  'oom_killed',
  'timed_out',
  'cancelled',
] satisfies Outcome['cause'][];

const STREAMS = ['stdout', 'stderr'] as const;

/** How far one stream of an attempt is stored. */
interface Stored {
  upTo: number;
  /** It was cut off at the bound: only counted from there on. */
  isCutOff: boolean;
  /** The rest is recorded as gone with its worker. */
  isLost: boolean;
}

/**
 * What is stored of a job's output is what its worker wrote: from the first byte, each byte once, without secrets; or a
 * gap in its place, just as large as what the engine has lost. No more is kept than the job may have.
 */
export class OutputRules {
  readonly #world: World;
  readonly #seen = new Map<LogRecord[], number>();
  readonly #stored = new Map<AttemptId, Readonly<Record<OutputStream, Stored>>>();
  readonly #kept = new Map<JobId, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Looks at what was stored since the last time. */
  check(): void {
    for (const records of this.#world.store.logs.values()) {
      for (const record of records.slice(this.#seen.get(records) ?? 0)) this.#checkRecord(record);
      this.#seen.set(records, records.length);
    }
  }

  /** The attempt has ended: says what is missing of its output. */
  checkComplete(attempt: Attempt, outcome: Outcome): string | undefined {
    const worker = this.#world.workers.get(attempt.workerId);
    if (worker?.job(attempt.nonce)?.verdict !== 'launched') return undefined;
    // A direct worker that was given up while it was made may have run unseen: nobody has a handle to read from it.
    if (worker.direct !== undefined && this.#world.store.workers.get(worker.workerId)?.handle === undefined)
      return undefined;
    const vanished = this.#world.wasStruck(worker.workerId, 'vanished');
    if (!vanished && !READ_TO_THE_END.includes(outcome.cause)) return undefined;
    const stored = this.#storedOf(attempt.id);
    for (const stream of STREAMS) {
      const { upTo, isCutOff, isLost } = stored[stream];
      const written = lengthOf(outputOf(worker, attempt), stream);
      const acknowledged = attempt.acknowledged[stream];
      if (isLost) continue;
      if (upTo !== written && !isCutOff) return `${upTo} of ${written} bytes of ${stream} are stored`;
      if (acknowledged !== written && !vanished)
        return `${acknowledged} of ${written} bytes of ${stream} are acknowledged`;
    }
    return undefined;
  }

  #checkRecord(record: LogRecord): void {
    const { attemptId, stream, offset, bytes, gap } = record;
    const attempt = this.#world.store.attempts.get(attemptId);
    const worker = attempt && this.#world.workers.get(attempt.workerId);
    const name = `${stream} of attempt ${shortId(attemptId)}`;
    if (attempt === undefined || worker === undefined) return this.#world.blame(`${name} comes from no worker`);
    const stored = this.#storedOf(attemptId)[stream];
    if (stored.isCutOff) this.#world.blame(`${name} goes on at ${offset} after it was cut off`);
    if (offset !== stored.upTo) this.#world.blame(`${name} goes on at ${offset} after ${stored.upTo}`);
    stored.upTo = endOfChunk(record);
    if (gap !== undefined) return this.#checkGap(name, attempt, worker, { ...record, gap });
    this.#keep(attempt.jobId, bytes.length);
    this.#checkBytes(name, attempt, worker, record);
  }

  #checkBytes(name: string, attempt: Attempt, worker: InMemoryWorker, { stream, offset, bytes }: LogRecord): void {
    const output = outputOf(worker, attempt);
    const all = masked(writtenBy(output, stream), this.#world.planOf(attempt.jobId)?.secret);
    const expected = all.slice(offset, offset + bytes.length);
    const found = Buffer.from(bytes).toString('latin1');
    // Beside a gap, what may be a piece of a secret is hidden as well.
    const isSame = output.lostUpTo[stream] > 0 ? isSameButHidden(found, expected) : found === expected;
    if (!isSame)
      this.#world.blame(
        `${name} has ${JSON.stringify(found)} at ${offset} where ${JSON.stringify(expected)} was written`,
      );
  }

  #checkGap(name: string, attempt: Attempt, worker: InMemoryWorker, record: LogRecord & { gap: OutputGap }): void {
    const { stream, offset, gap } = record;
    const stored = this.#storedOf(attempt.id)[stream];
    const bound = this.#boundOf(attempt.jobId);
    const kept = this.#kept.get(attempt.jobId) ?? 0;
    switch (gap.reason) {
      case 'log_lost':
        if (gap.lostBytes === undefined || endOfChunk(record) > outputOf(worker, attempt).lostUpTo[stream])
          this.#world.blame(`${name} has a gap of ${gap.lostBytes} bytes at ${offset}, which the engine has not lost`);
        return;
      case 'worker_lost':
        stored.isLost = true;
        if (!this.#world.wasStruck(worker.workerId, 'vanished'))
          this.#world.blame(`the end of ${name} is recorded as lost, and its worker has not vanished`);
        return;
      case 'over_limit':
        stored.isCutOff = true;
        if (kept !== bound) this.#world.blame(`${name} is cut off where ${kept} of ${bound} bytes are kept`);
        return;
      default:
        gap.reason satisfies never;
    }
  }

  #keep(jobId: JobId, bytes: number): void {
    const kept = (this.#kept.get(jobId) ?? 0) + bytes;
    this.#kept.set(jobId, kept);
    const bound = this.#boundOf(jobId);
    if (kept > bound) this.#world.blame(`${kept} bytes of job ${shortId(jobId)} are kept, and its bound is ${bound}`);
  }

  #boundOf(jobId: JobId): number {
    const own = this.#world.store.jobs.get(jobId)?.job.spec.maxOutputBytes;
    return Math.min(own ?? Number.POSITIVE_INFINITY, this.#world.weather.maxOutputBytes);
  }

  #storedOf(attemptId: AttemptId): Readonly<Record<OutputStream, Stored>> {
    const nothing = (): Stored => ({ upTo: 0, isCutOff: false, isLost: false });
    const stored = this.#stored.get(attemptId) ?? { stdout: nothing(), stderr: nothing() };
    this.#stored.set(attemptId, stored);
    return stored;
  }
}

/** All that the worker wrote up to now; the programs of the simulation write ASCII. */
function writtenBy(output: Output, stream: OutputStream): string {
  const pieces = output.written().filter((chunk) => chunk.stream === stream);
  return pieces.map(({ bytes }) => Buffer.from(bytes).toString('latin1')).join('');
}

const lengthOf = (output: Output, stream: OutputStream): number => writtenBy(output, stream).length;

/** What an attempt's job wrote: a reusable worker runs several. */
const outputOf = (worker: InMemoryWorker, { nonce }: Attempt): Output => worker.job(nonce)?.output ?? worker.output;

type Output = InMemoryWorker['output'];

const isSameButHidden = (found: string, expected: string): boolean =>
  found.length === expected.length && Array.from(found).every((char, i) => char === expected[i] || char === '*');

/** The text with each place of the secret, and of each of its lines, as stars: told in another way than the code tested. */
function masked(text: string, secret: string | undefined): string {
  if (secret === undefined) return text;
  const stars = Array.from(text);
  for (const pattern of [secret, ...secret.split('\n')]) {
    for (let at = text.indexOf(pattern); at !== -1; at = text.indexOf(pattern, at + 1))
      stars.fill('*', at, at + pattern.length);
  }
  return stars.join('');
}
