import { parseJobId } from '@hodei/domain';
import { describe, expect, test } from 'vitest';
import { SequentialIds, SimulatedClock } from '../src/in-memory/index.ts';

describe('SimulatedClock', () => {
  test('stands still until it is moved, and wakes sleepers in the order of their times', async () => {
    const clock = new SimulatedClock(0);
    const woken: string[] = [];
    const sleep = async (name: string, ms: number): Promise<void> => {
      await clock.sleep(ms);
      woken.push(`${name}@${clock.now()}`);
    };
    const all = Promise.all([sleep('late', 50), sleep('early', 10), sleep('second', 10)]);
    await clock.advance(9);
    expect(woken).toEqual([]);
    await clock.advance(100);
    await all;
    expect(woken).toEqual(['early@10', 'second@10', 'late@50']);
    expect(clock.now()).toBe(109);
  });

  test('wakes a sleeper that only lay down while time moved', async () => {
    const clock = new SimulatedClock(0);
    const chain = (async () => {
      for (let i = 0; i < 5; i += 1) await clock.sleep(10);
      return clock.now();
    })();
    await clock.advance(50);
    expect(await chain).toBe(50);
  });

  test('rejects a sleep with the reason of its signal, at once, and forgets it', async () => {
    const clock = new SimulatedClock();
    const stop = new AbortController();
    const sleeping = clock.sleep(1000, stop.signal);
    stop.abort(new Error('stopped'));
    await expect(sleeping).rejects.toThrow('stopped');
    expect(clock.pendingSleeps).toBe(0);
    await expect(clock.sleep(1000, stop.signal)).rejects.toThrow('stopped');
  });

  test('resolves a sleep of nothing without being moved', async () => {
    const clock = new SimulatedClock();
    await clock.sleep(0);
    await clock.sleep(-1);
  });

  test('runs until a promise settles, or says that it never will', async () => {
    const clock = new SimulatedClock(0);
    expect(await clock.runUntilSettled(clock.sleep(70_000).then(() => 'done'))).toBe('done');
    expect(clock.now()).toBe(70_000);
    await expect(clock.runUntilSettled(new Promise(() => undefined))).rejects.toThrow('nobody sleeps');
    await expect(clock.runUntilSettled(clock.sleep(2000), 1000)).rejects.toThrow('within 1000 ms');
    expect(await clock.runUntilIdle()).toBe(2000);
  });
});

describe('SequentialIds', () => {
  test('makes valid ids that sort by age and are the same in each run', () => {
    const [ids, again, other] = [new SequentialIds(), new SequentialIds(), new SequentialIds(1)];
    const made = Array.from({ length: 300 }, () => ids.uuid());
    expect(made.map(parseJobId)).toEqual(made);
    expect(made.toSorted()).toEqual(made);
    expect(again.uuid()).toBe(made[0]);
    expect(made).not.toContain(other.uuid());
    expect(ids.nonce()).toMatch(/^[0-9a-f]{32}$/);
    expect(ids.nonce()).not.toBe(ids.nonce());
  });
});
