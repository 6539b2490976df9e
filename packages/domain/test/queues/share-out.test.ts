import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { MOST_AHEAD, PRIORITY_POINT_MS, shareOut, turnOf, type ReadyJob, type Share } from '../../src/index.ts';

interface Config {
  readonly weight: number;
  readonly paused?: boolean;
  readonly maxInFlight?: number;
}

/** Queues with their shares, from which jobs are claimed one claim after another. */
class Installation {
  readonly inFlight: ReadyJob[] = [];
  ready: ReadyJob[] = [];
  readonly shares = new Map<string, Map<string, Share>>();
  readonly queues: Map<string, Config>;
  readonly keys: Map<string, number>;
  #ids = 0;

  constructor(queues: Record<string, Config> = {}, keys: Record<string, number> = {}) {
    this.queues = new Map(Object.entries(queues));
    this.keys = new Map(Object.entries(keys));
  }

  submit(given: { queue?: string; tenant?: string; key?: string; priority?: number; at?: number }, times = 1): void {
    const { queue = 'default', tenant = '', key, priority = 0, at = 0 } = given;
    for (let i = 0; i < times; i += 1) {
      this.#ids += 1;
      const id = String(this.#ids).padStart(8, '0');
      const limited = key !== undefined && this.keys.has(key) ? { limitedKey: key } : {};
      this.ready.push({ id, queue, tenant, priority, turn: turnOf(at, priority), ...limited });
    }
  }

  claim(limit: number, at = 0): readonly ReadyJob[] {
    const { taken, charges } = shareOut(this.ready, {
      at,
      limit,
      openQueue: (name) => {
        const { weight = 1, paused = false, maxInFlight } = this.queues.get(name) ?? {};
        if (paused) return undefined;
        return maxInFlight === undefined
          ? { weight }
          : { weight, room: maxInFlight - this.count(({ queue }) => queue === name) };
      },
      keyRoom: (key) => (this.keys.get(key) ?? 0) - this.count(({ limitedKey }) => limitedKey === key),
      shares: (parent) => this.shares.get(parent) ?? new Map(),
    });
    for (const { parent, child, level, finish } of charges) {
      const shares = this.shares.get(parent) ?? new Map<string, Share>();
      this.shares.set(parent, shares.set(child, { level, finish }));
    }
    this.ready = this.ready.filter((job) => !taken.includes(job));
    this.inFlight.push(...taken);
    return taken;
  }

  finish(index: number): void {
    this.inFlight.splice(index, 1);
  }

  count(which: (job: ReadyJob) => boolean): number {
    return this.inFlight.filter(which).length;
  }
}

/** How often each name was taken. */
const tally = (jobs: readonly ReadyJob[], by: (job: ReadyJob) => string): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(jobs, by)].map(([name, all]) => [name, all.length]));

const oneByOne = (all: Installation, times: number, at = 0): readonly ReadyJob[] =>
  Array.from({ length: times }, () => all.claim(1, at)).flat();

describe('shareOut', () => {
  test('takes turns in one queue: priority, then age', () => {
    const all = new Installation();
    all.submit({ at: 1 });
    all.submit({ at: 2, priority: -5 });
    all.submit({ at: 3, priority: 7 });
    all.submit({ at: 0 });
    expect(all.claim(9, 4).map(({ id }) => Number(id))).toEqual([3, 4, 1, 2]);
  });

  test.each([1, 3, 10])('gives queues their weights, %i jobs a claim', (limit) => {
    const all = new Installation({ heavy: { weight: 3 }, light: { weight: 1 } });
    all.submit({ queue: 'heavy' }, 500);
    all.submit({ queue: 'light' }, 500);
    const taken = Array.from({ length: 400 / limit }, () => all.claim(limit)).flat();
    const { heavy = 0, light = 0 } = tally(taken, ({ queue }) => queue);
    expect(Math.abs(heavy - 3 * light)).toBeLessThanOrEqual(4);
  });

  test('lets tenants of a queue take turns, however much one of them has waiting', () => {
    const all = new Installation();
    all.submit({ tenant: 'big', at: 0 }, 1000);
    expect(oneByOne(all, 200)).toHaveLength(200);
    all.submit({ tenant: 'small', at: 900 }, 10);
    expect(tally(oneByOne(all, 20, 1000), ({ tenant }) => tenant)).toEqual({ big: 10, small: 10 });
  });

  test('gives no credit for time in which a queue was paused or had nothing', () => {
    const all = new Installation({ sleepy: { weight: 1, paused: true } });
    all.submit({ queue: 'a' }, 300);
    all.submit({ queue: 'b' }, 300);
    all.submit({ queue: 'sleepy' }, 300);
    oneByOne(all, 200);
    all.queues.set('sleepy', { weight: 1 });
    expect(tally(oneByOne(all, 90), ({ queue }) => queue)).toEqual({ a: 30, b: 30, sleepy: 30 });
  });

  test('prefers a tenant of higher priority, until another one has waited long enough', () => {
    const all = new Installation();
    all.submit({ tenant: 'patient', at: 0 });
    all.submit({ tenant: 'urgent', at: 0, priority: 5 }, 100);
    const early = oneByOne(all, 10, 4 * PRIORITY_POINT_MS);
    expect(tally(early, ({ tenant }) => tenant)).toEqual({ urgent: 10 });
    all.submit({ tenant: 'urgent', at: 5 * PRIORITY_POINT_MS, priority: 5 }, 100);
    expect(tally(oneByOne(all, 2, 5 * PRIORITY_POINT_MS), ({ tenant }) => tenant)).toEqual({ patient: 1, urgent: 1 });
  });

  const queueNames = fc.constantFrom('a', 'b', 'c');
  const config = fc.record(
    { weight: fc.integer({ min: 1, max: 5 }), paused: fc.boolean(), maxInFlight: fc.integer({ min: 1, max: 4 }) },
    { requiredKeys: ['weight'] },
  );
  const job = fc.record(
    {
      queue: queueNames,
      tenant: fc.constantFrom('x', 'y', ''),
      key: fc.constantFrom('k', 'l', 'free'),
      priority: fc.integer({ min: -3, max: 3 }),
    },
    { requiredKeys: ['queue'] },
  );
  const step = fc.oneof(
    fc.record({ submit: job, times: fc.integer({ min: 1, max: 6 }) }),
    fc.record({ claim: fc.integer({ min: 0, max: 8 }) }),
    fc.record({ finish: fc.nat(20) }),
    fc.record({ configure: queueNames, as: config }),
  );

  test('never exceeds a limit and takes nothing of a paused queue', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const all = new Installation({}, { k: 2, l: 1 });
        for (const [at, now] of steps.entries()) {
          if ('submit' in now) all.submit({ ...now.submit, at }, now.times);
          else if ('finish' in now) all.finish(now.finish);
          else if ('configure' in now) all.queues.set(now.configure, now.as);
          else {
            const before = new Map(['a', 'b', 'c'].map((name) => [name, all.count(({ queue }) => queue === name)]));
            const taken = all.claim(now.claim, at);
            expect(taken.length).toBeLessThanOrEqual(now.claim);
            for (const [name, { paused, maxInFlight }] of all.queues) {
              const started = taken.filter(({ queue }) => queue === name).length;
              if (paused) expect(started).toBe(0);
              // A limit may be set below what is in flight; then nothing more is started.
              if (maxInFlight !== undefined && started > 0)
                expect((before.get(name) ?? 0) + started).toBeLessThanOrEqual(maxInFlight);
            }
            expect(all.count(({ limitedKey }) => limitedKey === 'k')).toBeLessThanOrEqual(2);
            expect(all.count(({ limitedKey }) => limitedKey === 'l')).toBeLessThanOrEqual(1);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test('lets no tenant wait for as long as its priority served it before', () => {
    const all = new Installation();
    for (let second = 0; second < 300; second += 1) {
      all.submit({ tenant: 'busy', priority: 5, at: 1000 * second });
      all.submit({ tenant: 'other', at: 1000 * second });
      expect(all.claim(1, 1000 * second)).toMatchObject([{ tenant: 'busy' }]);
    }
    all.ready = all.ready.filter(({ tenant }) => tenant !== 'busy');
    const late = 1000 * 600;
    all.submit({ tenant: 'busy', at: late });
    for (let claims = 0; claims < 400; claims += 1) all.submit({ tenant: 'other', at: 0 });
    let claims = 1;
    while (all.claim(1, late + 60_000 * claims)[0]?.tenant !== 'busy') claims += 1;
    // Where both are as far, turns decide.
    expect(claims).toBeLessThanOrEqual(MOST_AHEAD + 2);
  });

  test('starves nothing: with everyone else submitting without end, each job is taken after so many claims', () => {
    const others = fc.array(job, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(job, others, fc.integer({ min: 1, max: 3 }), (mine, flood, limit) => {
        const all = new Installation({ a: { weight: 5 }, b: { weight: 1 } }, { k: 3, l: 3 });
        for (const other of flood) all.submit({ ...other, at: 0 }, 5);
        all.submit({ ...mine, at: 1 });
        const { id } = all.ready.at(-1) ?? { id: '' };
        // A claim a second; each time as much comes as goes, and at once ends what was started.
        let claims = 0;
        for (; all.ready.some((waiting) => waiting.id === id) && claims < 2000; claims += 1) {
          const taken = all.claim(limit, 1000 * claims);
          while (all.inFlight.length > 0) all.finish(0);
          for (const { queue, tenant } of taken) {
            const other = flood.find((one) => one.queue === queue && (one.tenant ?? '') === tenant) ?? flood[0];
            if (other !== undefined) all.submit({ ...other, at: 1000 * claims });
          }
        }
        // At most six points of priority lie between any two jobs, and a point is a minute. Then a seventh of the starts
        // goes to the queue with the least weight, and before it are at most what waits and what its tenant owes.
        expect(claims).toBeLessThan(6 * 60 + 7 * (4 * 5 + 3 * MOST_AHEAD + 4));
      }),
      { numRuns: 100 },
    );
  });
});
