import type { Attempt, AttemptId, LogRecord, Outcome, OutputOffsets, OutputStream } from '@hodei/domain';
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

/** What is stored of a job's output is what its worker wrote: from the first byte, each byte once, without secrets. */
export class OutputRules {
  readonly #world: World;
  readonly #seen = new Map<LogRecord[], number>();
  readonly #stored = new Map<AttemptId, Record<OutputStream, number>>();

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
    if (worker?.verdict !== 'launched' || this.#world.struck.get(worker.workerId) === 'vanished') return undefined;
    // A direct worker that was given up while it was made may have run unseen: nobody has a handle to read from it.
    if (worker.direct !== undefined && this.#world.store.workers.get(worker.workerId)?.handle === undefined)
      return undefined;
    if (!READ_TO_THE_END.includes(outcome.cause)) return undefined;
    const stored = this.#storedOf(attempt.id);
    for (const stream of ['stdout', 'stderr'] as const) {
      const written = writtenBy(worker, stream).length;
      if (stored[stream] !== written) return `${stored[stream]} of ${written} bytes of ${stream} are stored`;
      if (attempt.acknowledged[stream] !== written)
        return `${attempt.acknowledged[stream]} of ${written} bytes of ${stream} are acknowledged`;
    }
    return undefined;
  }

  #checkRecord({ attemptId, stream, offset, bytes }: LogRecord): void {
    const attempt = this.#world.store.attempts.get(attemptId);
    const worker = attempt && this.#world.workers.get(attempt.workerId);
    const name = `${stream} of attempt ${shortId(attemptId)}`;
    if (worker === undefined) return this.#world.blame(`${name} comes from no worker`);
    const stored = this.#storedOf(attemptId);
    if (offset !== stored[stream]) this.#world.blame(`${name} goes on at ${offset} after ${stored[stream]}`);
    const end = offset + bytes.length;
    const expected = masked(
      writtenBy(worker, stream),
      this.#world.planOf(attempt?.jobId ?? ('' as Attempt['jobId']))?.secret,
    ).slice(offset, end);
    const found = Buffer.from(bytes).toString('latin1');
    if (found !== expected)
      this.#world.blame(
        `${name} has ${JSON.stringify(found)} at ${offset} where ${JSON.stringify(expected)} was written`,
      );
    stored[stream] = end;
  }

  #storedOf(attemptId: AttemptId): Record<keyof OutputOffsets, number> {
    const stored = this.#stored.get(attemptId) ?? { stdout: 0, stderr: 0 };
    this.#stored.set(attemptId, stored);
    return stored;
  }
}

/** All that the worker wrote up to now; the programs of the simulation write ASCII. */
function writtenBy(worker: InMemoryWorker, stream: OutputStream): string {
  const pieces = worker.output.chunks().filter((chunk) => chunk.stream === stream);
  return pieces.map(({ bytes }) => Buffer.from(bytes).toString('latin1')).join('');
}

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
