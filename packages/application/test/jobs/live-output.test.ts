import { parseAttemptId, parseJobId, type LogRecord } from '@hodei/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { followOutput, submitJob, waitForJob } from '../../src/index.ts';
import { LiveOutput } from '../../src/support/live-output.ts';
import { overriding } from '../simulation/overriding.ts';
import { startControlPlane } from '../support/control-plane.ts';

const jobId = parseJobId('00000000-0000-4000-8000-000000000001');
const attempts = [2, 3, 4].map((digit) => ({
  jobId,
  id: parseAttemptId(`00000000-0000-4000-8000-00000000000${digit}`),
}));
const first = attempts[0] ?? { jobId, id: parseAttemptId('') };

const record = (seq: number, size = 1): LogRecord => ({
  attemptId: first.id,
  seq,
  stream: 'stdout',
  offset: 0,
  at: 0,
  bytes: new Uint8Array(size),
});
const seqsOf = (records: readonly LogRecord[] | undefined): readonly number[] | undefined =>
  records?.map(({ seq }) => seq);

describe('output that this process stores', () => {
  it('is handed to who follows it, each record once', () => {
    const live = new LiveOutput();
    live.open(first, 0);
    using reader = live.read(jobId);
    expect(reader.take(0)).toEqual([]);
    live.stored(first, [record(3), record(7)]);
    live.stored(first, [record(8)]);
    expect(seqsOf(reader.take(0))).toEqual([3, 7, 8]);
    expect(reader.take(8)).toEqual([]);
  });

  it('is handed from the middle on to who has read so far', () => {
    const live = new LiveOutput();
    live.open(first, 0);
    live.stored(first, [record(3)]);
    using reader = live.read(jobId);
    expect(reader.take(0)).toBeUndefined();
    live.stored(first, [record(4), record(5)]);
    expect(seqsOf(reader.take(4))).toEqual([5]);
  });

  it('has to be read where it is not known what came before', () => {
    const live = new LiveOutput();
    using reader = live.read(jobId);
    expect(reader.take(0)).toBeUndefined();
    live.open(first, undefined);
    live.stored(first, [record(3)]);
    expect(reader.take(0)).toBeUndefined();
    live.stored(first, [record(4)]);
    expect(seqsOf(reader.take(3))).toEqual([4]);
    live.stored(first, undefined);
    expect(reader.take(4)).toBeUndefined();
  });

  it('has to be read by who is too slow for it, and after that is handed on', () => {
    const live = new LiveOutput();
    live.open(first, 0);
    using reader = live.read(jobId);
    live.stored(first, [record(1, 400_000)]);
    live.stored(first, [record(2, 400_000)]);
    expect(reader.take(0)).toBeUndefined();
    live.stored(first, [record(3)]);
    expect(seqsOf(reader.take(2))).toEqual([3]);
  });

  it('has to be read once another attempt goes on, or nobody does', () => {
    const live = new LiveOutput();
    live.open(first, 0);
    using reader = live.read(jobId);
    live.stored(first, [record(1)]);
    expect(live.close(jobId)).toBe(true);
    expect(live.close(jobId)).toBe(false);
    expect(reader.take(0)).toBeUndefined();
    live.stored(first, [record(2)]);
    expect(reader.take(1)).toBeUndefined();
  });

  it('reaches every follower whole and in order, whatever happens', () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constant('store'),
          size: fc.constantFrom(1, 200_000),
          count: fc.integer({ min: 0, max: 3 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('store unheard'), count: fc.integer({ min: 1, max: 2 }) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('open'), attempt: fc.nat(2), isKnown: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('close') }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constant('follow'), who: fc.nat(2) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('come'), who: fc.nat(2) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const live = new LiveOutput();
        const stored: LogRecord[] = [];
        const followers = [0, 1, 2].map(() => ({ reader: live.read(jobId), seen: [] as number[] }));
        let current = first;
        let seq = 0;
        const add = (count: number, size: number): readonly LogRecord[] => {
          const added = Array.from({ length: count }, () => record((seq += 2), size));
          stored.push(...added);
          return added;
        };
        const goOn = ({ reader, seen }: (typeof followers)[number]): void => {
          const after = seen.at(-1) ?? 0;
          const records = reader.take(after) ?? stored.filter((one) => one.seq > after);
          seen.push(...records.map((one) => one.seq));
          expect(seen).toEqual(stored.map((one) => one.seq));
        };
        for (const one of steps) {
          if (one.do === 'store' && 'size' in one) live.stored(current, add(one.count, one.size));
          else if (one.do === 'store unheard' && 'count' in one) {
            add(one.count, 1);
            live.stored(current, undefined);
          } else if (one.do === 'open' && 'attempt' in one) {
            current = attempts[one.attempt] ?? first;
            live.open(current, one.isKnown ? seq : undefined);
          } else if (one.do === 'close') {
            live.close(jobId);
          } else if ('who' in one) {
            const follower = followers[one.who];
            if (follower === undefined) continue;
            if (one.do === 'come') {
              follower.reader[Symbol.dispose]();
              follower.reader = live.read(jobId);
            }
            goOn(follower);
          }
        }
        for (const follower of followers) goOn(follower);
      }),
      { numRuns: 300 },
    );
  });
});

describe('who follows a job in the process that runs it', () => {
  it('gets its output without reading it back', async () => {
    await using plane = await startControlPlane({
      policy: { defaultImage: 'plain' },
      pools: [{ name: 'warm', template: { image: 'plain' } }],
    });
    const { repositories } = plane.context;
    let reads = 0;
    const logs = overriding(repositories.logs, {
      read: (query) => {
        reads += 1;
        return repositories.logs.read(query);
      },
    });
    const context = { ...plane.context, repositories: { ...repositories, logs } };
    const { id } = await submitJob(plane.context, { command: ['echo', 'hello'] }, { runner: plane.runner });
    const output = followOutput(context, { jobId: id, follow: true });
    const next = await plane.until(output.next());
    expect(next.done === true ? '' : Buffer.from(next.value.bytes).toString()).toBe('hello\n');
    expect(reads).toBe(0);
    await plane.until(waitForJob(plane.context, id));
    expect(await plane.until(output.next())).toMatchObject({ done: true });
  });
});
