import { describe, expect, test } from 'vitest';

import { SingleFlight } from '../../../src/docker/support/single-flight.ts';

function heldWork() {
  const end = Promise.withResolvers<void>();
  const runs: { readonly signal: AbortSignal; readonly report: (progress: string) => void }[] = [];
  const work = async (signal: AbortSignal, report: (progress: string) => void): Promise<void> => {
    runs.push({ signal, report });
    await end.promise;
  };
  return { work, runs, end };
}

describe('work that several wait for', () => {
  test('is done once for all who ask meanwhile, and again for who asks later', async () => {
    const flights = new SingleFlight<string>();
    const { work, runs, end } = heldWork();
    const both = [flights.run('a', work), flights.run('a', work)];
    end.resolve();
    await Promise.all(both);
    expect(runs).toHaveLength(1);
    await flights.run('a', work);
    expect(runs).toHaveLength(2);
  });

  test('is not shared between keys', async () => {
    const flights = new SingleFlight<string>();
    const { work, runs, end } = heldWork();
    end.resolve();
    await Promise.all([flights.run('a', work), flights.run('b', work)]);
    expect(runs).toHaveLength(2);
  });

  test('fails for all', async () => {
    const flights = new SingleFlight<string>();
    const { work, end } = heldWork();
    const both = [flights.run('a', work), flights.run('a', work)];
    end.reject(new Error('broken'));
    const outcomes = await Promise.allSettled(both);
    expect(outcomes.map((each) => (each.status === 'rejected' ? String(each.reason) : each.status))).toEqual([
      'Error: broken',
      'Error: broken',
    ]);
  });

  test('goes on when one of two leaves, and is aborted when the last one does', async () => {
    const flights = new SingleFlight<string>();
    const { work, runs, end } = heldWork();
    const [one, two] = [new AbortController(), new AbortController()];
    const first = flights.run('a', work, { signal: one.signal });
    const second = flights.run('a', work, { signal: two.signal });
    one.abort(new Error('first left'));
    await expect(first).rejects.toThrow('first left');
    expect(runs[0]?.signal.aborted).toBe(false);
    two.abort(new Error('second left'));
    await expect(second).rejects.toThrow('second left');
    expect(runs[0]?.signal.aborted).toBe(true);
    // Who comes now starts anew, though the aborted work has not ended yet.
    const third = flights.run('a', work);
    end.resolve();
    await third;
    expect(runs).toHaveLength(2);
  });

  test('tells each of its progress, a late one of the latest', async () => {
    const flights = new SingleFlight<string>();
    const { work, runs, end } = heldWork();
    const heard: string[] = [];
    const first = flights.run('a', work, { onProgress: (text) => heard.push(`first ${text}`) });
    await Promise.resolve();
    runs[0]?.report('1');
    const second = flights.run('a', work, { onProgress: (text) => heard.push(`second ${text}`) });
    runs[0]?.report('2');
    end.resolve();
    await Promise.all([first, second]);
    expect(heard).toEqual(['first 1', 'second 1', 'first 2', 'second 2']);
  });
});
