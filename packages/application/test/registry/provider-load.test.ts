import type { Load, ProviderId } from '@hodei/domain';
import { describe, expect, it } from 'vitest';

import { ProviderLoad } from '../../src/registry/provider-load.ts';
import { aConfig } from './a-config.ts';

const { id } = aConfig();

/** Rows whose readings answer when the test says so, with what the rows were when the reading began. */
function rowsAnsweredByHand() {
  let rows = 0;
  let now = 0;
  const answers: (() => void)[] = [];
  return {
    load: new ProviderLoad(
      {
        loads: () => {
          const counts: ReadonlyMap<ProviderId, Load> = new Map([[id, { workers: rows, cpu: 0, memoryBytes: 0 }]]);
          return new Promise((resolve) => answers.push(() => resolve(counts)));
        },
      },
      { now: () => now },
    ),
    pass: (ms: number) => (now += ms),
    setRows: (count: number) => (rows = count),
    answer: async (): Promise<void> => {
      for (let turn = 0; answers.length === 0 && turn < 20; turn += 1) await Promise.resolve();
      const answer = answers.shift();
      if (answer === undefined) throw new Error('nobody reads');
      answer();
    },
    readings: () => answers.length,
  };
}

describe('the load of providers', () => {
  it('is what the rows say, and 0 for a provider without any', async () => {
    const { load, setRows, answer } = rowsAnsweredByHand();
    setRows(3);
    const reading = load.read();
    await answer();
    expect((await reading).of(id).workers).toBe(3);
    expect((await reading).of(aConfig().id).workers).toBe(0);
  });

  it('counts a place until it is given back', async () => {
    const { load, answer } = rowsAnsweredByHand();
    const place = load.reserve(id);
    const held = load.read();
    await answer();
    expect((await held).of(id).workers).toBe(1);
    place[Symbol.dispose]();
    place[Symbol.dispose]();
    const given = load.read();
    await answer();
    expect((await given).of(id).workers).toBe(0);
    expect(load.reserved(id)).toBe(0);
  });

  it('counts a place that is taken after the rows were read', async () => {
    const { load, answer } = rowsAnsweredByHand();
    const reading = load.read();
    await answer();
    const view = await reading;
    load.reserve(id);
    expect(view.of(id).workers).toBe(1);
  });

  it('does not miss a worker whose place was given back while the rows were read', async () => {
    const { load, setRows, answer } = rowsAnsweredByHand();
    const place = load.reserve(id);
    const reading = load.read();
    await Promise.resolve();
    await Promise.resolve();
    // The row comes too late for this reading.
    setRows(1);
    place[Symbol.dispose]();
    await answer();
    expect((await reading).of(id).workers).toBe(1);
    const next = load.read();
    await answer();
    expect((await next).of(id).workers).toBe(1);
  });

  it('is read once for all who ask during a reading, and after it', async () => {
    const { load, setRows, answer, readings } = rowsAnsweredByHand();
    const first = load.read();
    await Promise.resolve();
    await Promise.resolve();
    setRows(2);
    const second = load.read();
    const third = load.read();
    await answer();
    expect((await first).of(id).workers).toBe(0);
    await answer();
    expect((await second).of(id).workers).toBe(2);
    expect((await third).of(id).workers).toBe(2);
    expect(readings()).toBe(0);
  });

  it('has a recent view as long as that is young, in which its own places count at once', async () => {
    const { load, setRows, answer, pass, readings } = rowsAnsweredByHand();
    expect(load.recent(25)).toBeUndefined();
    setRows(2);
    const reading = load.read();
    while (readings() === 0) await Promise.resolve();
    pass(10); // its age is that of the rows, not of the answer
    await answer();
    await reading;
    using place = load.reserve(id);
    expect(load.recent(25)?.of(id).workers).toBe(3);
    place[Symbol.dispose]();
    expect(load.recent(25)?.of(id).workers, 'its row may not be in the view').toBe(3);
    pass(16);
    expect(load.recent(25)).toBeUndefined();
  });

  it('is read again after a reading that failed', async () => {
    let calls = 0;
    const loads = async (): Promise<ReadonlyMap<ProviderId, Load>> => {
      calls += 1;
      if (calls === 1) throw new Error('away');
      return new Map([[id, { workers: 4, cpu: 0, memoryBytes: 0 }]]);
    };
    const load = new ProviderLoad({ loads }, { now: () => 0 });
    await expect(load.read()).rejects.toThrow('away');
    expect((await load.read()).of(id).workers).toBe(4);
  });
});
