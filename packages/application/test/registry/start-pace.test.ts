import { HodeiError } from '@hodei/domain';
import { SimulatedClock } from '@hodei/testkit/in-memory';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { StartPace, type StartFor } from '../../src/registry/start-pace.ts';

const NEVER = new AbortController().signal;
const AWAY = new HodeiError('provider_unavailable', 'the engine is away');
const WRONG = new HodeiError('image_without_shell', 'a fault of the job');

/** An engine on which starts take so long where so many run at once; keeps as many under way as it may. */
async function settle(tookMs: (running: number) => number, starts = 400) {
  const clock = new SimulatedClock();
  const pace = new StartPace(clock);
  const all = Array.from({ length: starts }, () =>
    pace.run('job', NEVER, async () => clock.sleep(tookMs(pace.running))),
  );
  await clock.runUntilSettled(Promise.all(all));
  return { pace, clock };
}

describe('how many start at once', () => {
  it('grows while the time that a start takes holds', async () => {
    expect((await settle(() => 100)).pace.limit).toBeGreaterThan(10);
  });

  it.each([7, 8, 10])('stays about where more at once gain nothing: %i', async (cores) => {
    const { pace } = await settle((running) => 100 * Math.max(1, running / cores));
    expect(pace.limit).toBeGreaterThanOrEqual(cores);
    expect(pace.limit).toBeLessThanOrEqual(cores + 2);
  });

  it.each([1, 2, 4])('goes no lower than a small engine can take: %i', async (cores) => {
    const { pace } = await settle((running) => 100 * Math.max(1, running / cores));
    expect(pace.limit).toBeGreaterThanOrEqual(6);
    expect(pace.limit).toBeLessThanOrEqual(7);
  });

  it('stays low where the engine becomes slower for all, the more it is asked for', async () => {
    expect((await settle((running) => 100 * running ** 1.5)).pace.limit).toBeLessThanOrEqual(7);
  });

  it('falls to one where the engine fails, and comes back; what is wrong with a job changes nothing', async () => {
    const { pace, clock } = await settle(() => 100);
    const before = pace.limit;
    const fail = async (error: HodeiError): Promise<void> => {
      await pace.run('job', NEVER, () => Promise.reject(error)).catch(() => undefined);
    };
    for (let i = 0; i < 20; i += 1) await fail(WRONG);
    expect(pace.limit).toBe(before);
    for (let i = 0; i < 20; i += 1) await fail(AWAY);
    expect(pace.limit).toBe(1);
    const all = Array.from({ length: 60 }, () => pace.run('job', NEVER, () => clock.sleep(100)));
    await clock.runUntilSettled(Promise.all(all));
    expect(pace.limit).toBeGreaterThan(5);
  });
});

describe('an engine that fails', () => {
  it('costs once what all that was under way says', async () => {
    const clock = new SimulatedClock();
    const pace = new StartPace(clock);
    const fail = async (): Promise<never> => {
      await clock.sleep(100);
      throw AWAY;
    };
    const before = pace.limit;
    await clock.runUntilSettled(Promise.allSettled(Array.from({ length: before }, () => pace.run('job', NEVER, fail))));
    expect(pace.limit).toBe(Math.floor(before * 0.7));
  });

  it('is soon asked for as much as before, also where it is so small that more at once gain nothing', async () => {
    const clock = new SimulatedClock();
    const pace = new StartPace(clock);
    for (let i = 0; i < 20; i += 1) await pace.run('job', NEVER, () => Promise.reject(AWAY)).catch(() => undefined);
    expect(pace.limit).toBe(1);
    const all = Array.from({ length: 60 }, () => pace.run('job', NEVER, () => clock.sleep(100 * pace.running)));
    await clock.runUntilSettled(Promise.all(all));
    expect(pace.limit).toBeGreaterThanOrEqual(6);
  });
});

describe('whose turn it is', () => {
  it('is that of the next one after 30 s, where those before it hang', async () => {
    const clock = new SimulatedClock();
    const pace = new StartPace(clock);
    const over = new AbortController();
    const began = clock.now();
    const hanging = Array.from({ length: pace.limit }, () =>
      pace.run('job', NEVER, () => clock.sleep(10_000_000, over.signal)),
    );
    const next = pace.run('job', NEVER, async () => clock.now());
    const { made: at } = await clock.runUntilSettled(next);
    expect(at - began).toBe(30_000);
    over.abort();
    await Promise.allSettled(hanging);
  });

  it('is that of jobs before pools, in order, and of no more than the limit', async () => {
    const clock = new SimulatedClock();
    const pace = new StartPace(clock);
    const begun: string[] = [];
    const start = (startFor: StartFor, name: string) =>
      pace.run(startFor, NEVER, async () => {
        begun.push(name);
        await clock.sleep(100);
      });
    const all = Array.from({ length: 6 }, (_, i) => start('pool', `first${i}`));
    all.push(start('pool', 'pool1'), start('pool', 'pool2'), start('job', 'job1'), start('job', 'job2'));
    await clock.advance(0);
    expect([begun.length, pace.running, pace.hasJobsWaiting]).toEqual([6, 6, true]);
    await clock.runUntilSettled(Promise.all(all));
    expect(begun.slice(6)).toEqual(['job1', 'job2', 'pool1', 'pool2']);
    expect([pace.running, pace.hasJobsWaiting]).toEqual([0, false]);
  });

  it('comes to everybody, whatever is given up, fails and hangs', async () => {
    const step = fc.record({
      startFor: fc.constantFrom<StartFor>('job', 'pool'),
      kind: fc.constantFrom('ends', 'fails', 'hangs', 'gives up'),
      after: fc.nat(500),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const clock = new SimulatedClock();
        const pace = new StartPace(clock);
        const ends = steps.map(async ({ startFor, kind, after }) => {
          const mind = new AbortController();
          if (kind === 'gives up') void clock.sleep(after).then(() => mind.abort());
          let has = false;
          await pace
            .run(startFor, mind.signal, async () => {
              has = true;
              expect(pace.running).toBeLessThanOrEqual(16);
              await clock.sleep(kind === 'hangs' ? 10_000_000 : after);
              if (kind === 'fails') throw AWAY;
            })
            .catch(() => undefined);
          return has || kind === 'gives up';
        });
        const all = await clock.runUntilSettled(Promise.all(ends));
        expect(all.every(Boolean)).toBe(true);
        expect(pace.running).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
