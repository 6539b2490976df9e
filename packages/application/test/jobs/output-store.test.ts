import { endOfChunk, gapChunk, parseAttemptId, parseJobId, parseWorkerId } from '@hodei/domain';
import type { Attempt, LogRecord, OutputChunk } from '@hodei/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { OutputStore } from '../../src/attempts/store-output.ts';
import { startControlPlane, type TestControlPlane } from '../support/control-plane.ts';

const SECRETS = ['s3cret', 'cretin'];
const MASKED = (text: string): string =>
  text.replaceAll('s3cretin', '********').replaceAll('s3cret', '******').replaceAll('cretin', '******');

const texts = fc
  .array(fc.constantFrom('s3cret', 's3cretin', 's3', 'cre', 'tin', 'x', '\n'), { maxLength: 12 })
  .map((all) => all.join(''));
const cutsOf = fc.array(fc.nat(8));
const breaksOf = fc.array(fc.nat(60), { maxLength: 4 });
const ENOUGH = 2 ** 30;

describe('stored output', () => {
  it('is the same, masked, however it is cut and wherever it is interrupted', async () => {
    await fc.assert(
      fc.asyncProperty(texts, cutsOf, breaksOf, fc.boolean(), async (text, cuts, breaks, adopted) => {
        const records = await store(text, { cuts, breaks, losses: [], adopted, maxBytes: ENOUGH });
        expect(textOf(records)).toBe(MASKED(text));
        expect(records.every(({ gap }) => gap === undefined)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('has each byte once or in a gap, whatever the engine lost of its log meanwhile', async () => {
    const losses = fc.array(fc.nat(80), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(texts, cutsOf, breaksOf, losses, fc.boolean(), async (text, cuts, breaks, lost, adopted) => {
        const records = await store(text, { cuts, breaks, losses: lost, adopted, maxBytes: ENOUGH });
        const masked = MASKED(text);
        let offset = 0;
        for (const record of records) {
          expect(record.offset).toBe(offset);
          // Beside a gap more may be hidden: nobody knows whether it is a piece of a secret.
          for (const [i, char] of Array.from(Buffer.from(record.bytes).toString()).entries())
            expect(['*', masked[offset + i]]).toContain(char);
          offset = endOfChunk(record);
        }
        expect(offset).toBe(text.length);
        const most = Math.min(text.length, Math.max(0, ...lost));
        for (const { gap, ...record } of records)
          if (gap) expect(endOfChunk({ ...record, gap })).toBeLessThanOrEqual(most);
      }),
      { numRuns: 200 },
    );
  });

  it('is cut off at its bound, once, and counts the rest, wherever it is interrupted', async () => {
    await fc.assert(
      fc.asyncProperty(texts, cutsOf, breaksOf, fc.boolean(), fc.nat(40), async (text, cuts, breaks, adopted, most) => {
        const records = await store(text, { cuts, breaks, losses: [], adopted, maxBytes: most });
        expect(textOf(records)).toBe(MASKED(text).slice(0, most));
        const gaps = records.flatMap(({ gap, offset }) => (gap === undefined ? [] : [{ ...gap, offset }]));
        const lostBytes = text.length - most;
        expect(gaps).toEqual(lostBytes > 0 ? [{ reason: 'over_limit', offset: most, lostBytes }] : []);
      }),
      { numRuns: 150 },
    );
  });

  it('has a gap where the provider skips some without a word', async () => {
    await using bench = await openAttempt();
    const chunk = (offset: number, text: string): OutputChunk => ({
      stream: 'stdout',
      offset,
      bytes: Buffer.from(text),
      at: 0,
    });
    await bench.output(ENOUGH).store(iterate([chunk(0, 'uvw'), chunk(10, 'xy')]));
    expect(await bench.records()).toMatchObject([
      { offset: 0 },
      { offset: 3, gap: { reason: 'log_lost', lostBytes: 7 } },
      { offset: 10 },
    ]);
  });

  it('goes on behind a gap of unknown length as if it were none, and says where it goes on from', async () => {
    await using bench = await openAttempt();
    const output = bench.output(ENOUGH);
    const at = { stream: 'stdout' as const, offset: 3, at: 0 };
    await output.store(
      iterate([
        { ...at, offset: 0, bytes: Buffer.from('uvw') },
        gapChunk(at, 'log_lost'),
        { ...at, bytes: Buffer.from('uvwxy') },
      ]),
    );
    // The mask can't look behind the gap; it sees again what came after it.
    expect(await output.resume()).toMatchObject({ from: { stdout: 3, stderr: 0 } });
    await output.loseRest();
    expect(await bench.records()).toMatchObject([
      { offset: 0 },
      { offset: 3, gap: { reason: 'log_lost' } },
      { offset: 3 },
    ]);
  });

  it('tells where it goes on by what is stored before, without a secret in it', async () => {
    await using bench = await openAttempt();
    const bytes = Buffer.from('one s3cret and two, three');
    await bench.output(ENOUGH).store(iterate([{ stream: 'stdout', offset: 0, bytes, at: 0 }]));
    for (const output of [bench.output(ENOUGH), await bench.adopted(ENOUGH)]) {
      const { from, before } = await output.resume();
      if (from.stdout === 0) continue;
      expect(from.stdout).toBe(bytes.length - 5);
      expect(Buffer.from(before.stdout).toString()).toBe('one ****** and two, ');
    }
  });
});

interface Interrupted {
  readonly cuts: readonly number[];
  /** After so many bytes it breaks off, and is resumed. */
  readonly breaks: readonly number[];
  /** How much of its beginning the engine has lost, at each time that it is read. */
  readonly losses: readonly number[];
  /** Whether somebody else resumes it, who only knows the rows. */
  readonly adopted: boolean;
  readonly maxBytes: number;
}

async function store(text: string, how: Interrupted): Promise<readonly LogRecord[]> {
  await using bench = await openAttempt();
  const bytes = new TextEncoder().encode(text);
  let output = bench.output(how.maxBytes);
  let lost = 0;
  for (const [index, breakAfter] of [...how.breaks, Number.POSITIVE_INFINITY].entries()) {
    lost = Math.max(lost, how.losses[index] ?? 0);
    const { from } = await output.resume();
    await output.store(chunksOf(bytes, from.stdout, how.cuts, breakAfter, lost)).catch((error: unknown) => {
      if (error !== BROKEN) throw error;
    });
    if (how.adopted) output = await bench.adopted(how.maxBytes);
  }
  return await bench.records();
}

interface AttemptBench extends AsyncDisposable {
  output(maxBytes: number): OutputStore;
  adopted(maxBytes: number): Promise<OutputStore>;
  records(): Promise<readonly LogRecord[]>;
}

async function openAttempt(): Promise<AttemptBench> {
  const plane = await startControlPlane();
  const { repositories, clock, instance } = plane.context;
  const attempt = await beginAttempt(plane);
  return {
    output: (maxBytes) => new OutputStore(plane.context, attempt, { secrets: SECRETS, maxBytes }),
    adopted: async (maxBytes) =>
      new OutputStore(plane.context, await repositories.attempts.get(attempt.id), { secrets: SECRETS, maxBytes }),
    records: () => repositories.logs.read({ jobId: attempt.jobId, afterSeq: 0, maxBytes: ENOUGH }),
    [Symbol.asyncDispose]: async () => {
      await repositories.attempts.finish({
        attemptId: attempt.id,
        epoch: instance.epoch,
        outcome: { cause: 'worker_lost', evidence: {} },
        settlement: { state: 'failed' },
        phases: {},
        at: clock.now(),
      });
      await plane[Symbol.asyncDispose]();
    },
  };
}

async function beginAttempt({ context, provider }: TestControlPlane): Promise<Attempt> {
  const { repositories, instance, ids, clock } = context;
  const { epoch } = instance;
  const spec = { image: 'i', env: {}, secretNames: [], resources: {}, network: 'none', requirements: {}, labels: {} };
  const job = await repositories.jobs.insert({
    id: parseJobId(ids.uuid()),
    at: clock.now(),
    claimFor: epoch,
    spec: { ...spec, retry: { maxAttempts: 1, backoffMs: 0 }, priority: 0, queue: 'default' },
  });
  return repositories.attempts.begin({
    attemptId: parseAttemptId(ids.uuid()),
    jobId: job.id,
    providerId: provider.id,
    worker: { workerId: parseWorkerId(ids.uuid()), image: 'i', resources: {}, expiresAt: 0 },
    nonce: ids.nonce(),
    epoch,
    phases: {},
    at: clock.now(),
  });
}

const textOf = (records: readonly LogRecord[]): string => Buffer.concat(records.map(({ bytes }) => bytes)).toString();

const BROKEN = new Error('broken off');

async function* chunksOf(
  bytes: Uint8Array,
  from: number,
  cuts: readonly number[],
  breakAfter: number,
  lost: number,
): AsyncGenerator<OutputChunk> {
  let offset = from;
  const lostUpTo = Math.min(lost, bytes.length);
  if (offset < lostUpTo) yield gapChunk({ stream: 'stdout', offset, at: 0 }, 'log_lost', lostUpTo - offset);
  offset = Math.max(offset, lostUpTo);
  for (let index = 0; offset < bytes.length; index += 1) {
    const length = cuts.length === 0 ? 3 : (cuts[index % cuts.length] ?? 0) + 1;
    if (offset - from >= breakAfter) throw BROKEN;
    yield { stream: 'stdout', offset, bytes: bytes.slice(offset, offset + length), at: 0 };
    offset += length;
  }
  if (Number.isFinite(breakAfter)) throw BROKEN;
}

async function* iterate<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}
