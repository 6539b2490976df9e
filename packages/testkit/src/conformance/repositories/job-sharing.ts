import { describe, expect, it } from 'vitest';
import { shareOut, turnOf, type Job, type JobSpec, type Queue, type ReadyJob, type Share } from '@hodei/domain';
import type { GetBench } from './suite.ts';

export function sharing(bench: GetBench): void {
  const claim = (limit: number, at = bench().tick()): Promise<readonly Job[]> =>
    bench().repositories.jobs.claimPending({ epoch: bench().owner, limit, at });
  const submit = async (spec: Partial<JobSpec>, times = 1): Promise<void> => {
    for (let i = 0; i < times; i += 1) await bench().pendingJob(spec);
  };
  const put = (queue: Partial<Queue> & Pick<Queue, 'name'>): Promise<Queue> =>
    bench().repositories.queues.put({ paused: false, weight: 1, ...queue }, bench().tick());
  const end = async ({ id }: Job): Promise<void> => {
    const to = { state: 'failed', outcome: { cause: 'worker_lost', evidence: {} } } as const;
    await bench().repositories.jobs.release({ jobId: id, epoch: bench().owner, at: bench().tick(), to });
  };

  describe('claimPending, with more than one queue, tenant or limit', () => {
    it('takes nothing of a paused queue, by any way, until it is resumed', async () => {
      const { queues, jobs } = bench().repositories;
      await submit({ queue: 'a' }, 3);
      const [job] = await jobs.list({ limit: 1 }).then(({ items }) => items);
      await queues.setPaused({ name: 'a', paused: true, at: bench().tick() });
      expect(await claim(9)).toEqual([]);
      const only = job === undefined ? [] : [job.id];
      expect(await jobs.claimPending({ epoch: bench().owner, limit: 9, at: bench().tick(), only })).toEqual([]);
      await submit({ queue: 'b' });
      expect((await claim(9)).map(({ spec }) => spec.queue)).toEqual(['b']);
      await queues.setPaused({ name: 'a', paused: false, at: bench().tick() });
      expect(await claim(9)).toHaveLength(3);
    });

    it('keeps to limits of queues, keys and the installation, and takes what they leave', async () => {
      const { queues } = bench().repositories;
      await put({ name: 'small', maxInFlight: 2 });
      await queues.putLimit({ key: 'narrow', maxInFlight: 1 }, bench().tick());
      await submit({ queue: 'small' }, 4);
      await submit({ concurrencyKey: 'narrow' }, 3);
      await submit({ concurrencyKey: 'free' });
      const first = [...(await claim(9)), ...(await claim(9))];
      expect(first.map(({ spec }) => spec.concurrencyKey ?? spec.queue).toSorted()).toEqual([
        'free',
        'narrow',
        'small',
        'small',
      ]);
      for (const job of first) await end(job);
      await queues.putLimit({ key: '*', maxInFlight: 2 }, bench().tick());
      const second = [...(await claim(9)), ...(await claim(9))];
      expect(second).toHaveLength(2);
      await queues.deleteLimit('*', bench().tick());
      await queues.deleteLimit('narrow', bench().tick());
      await put({ name: 'small' });
      expect([...(await claim(9)), ...(await claim(9))]).toHaveLength(4 + 3 - 3 - 2);
    });

    it('finds a key limited that had jobs waiting when its limit came, or that come back', async () => {
      const { queues, jobs } = bench().repositories;
      await submit({ concurrencyKey: 'k' }, 3);
      const [running] = await claim(1);
      await queues.putLimit({ key: 'k', maxInFlight: 1 }, bench().tick());
      expect(await claim(9)).toEqual([]);
      if (running === undefined) throw new Error('it was claimed');
      const to = { state: 'pending', notBefore: 0 } as const;
      await jobs.release({ jobId: running.id, epoch: bench().owner, at: bench().tick(), to });
      expect((await claim(9)).map(({ id }) => id)).toEqual([running.id]);
      expect(await claim(9)).toEqual([]);
    });

    it('never exceeds a limit, however many claim at once, and leaves nothing that there is room for', async () => {
      await put({ name: 'small', maxInFlight: 3 });
      await bench().repositories.queues.putLimit({ key: 'narrow', maxInFlight: 2 }, bench().tick());
      await submit({ queue: 'small' }, 9);
      await submit({ queue: 'wide', concurrencyKey: 'narrow' }, 6);
      await submit({ queue: 'wide' }, 6);
      let left = 21;
      for (let round = 0; left > 0; round += 1) {
        expect(round).toBeLessThan(60);
        const { repositories, owner } = bench();
        const at = bench().tick();
        const claims = Array.from({ length: 6 }, (_, i) =>
          bench()
            .side(i)
            .jobs.claimPending({ epoch: owner, limit: 1 + (i % 3), at }),
        );
        const taken = [...(await Promise.all(claims)).flat(), ...(await claim(9))];
        const count = async (queue: string, key?: string) =>
          repositories.queues.countInFlight({ queue, ...(key === undefined ? {} : { key }) });
        expect((await count('small')).inQueue).toBeLessThanOrEqual(3);
        expect((await count('wide', 'narrow')).withKey).toBeLessThanOrEqual(2);
        expect(taken.length).toBeGreaterThan(0);
        left -= taken.length;
        for (const job of taken) await end(job);
      }
    });

    it('takes the jobs that the rule takes, in its order', async () => {
      for (let seed = 1; seed <= 5; seed += 1) await followsTheRule(seed);
    });
  });

  /** A few claims from a made-up installation, each compared with domain's `shareOut`. */
  async function followsTheRule(seed: number): Promise<void> {
    const random = randomNumbers(seed);
    const any = <T>(...values: readonly T[]): T => values[random(values.length)] as T;
    const [x, y, z] = ['x', 'y', 'z'].map((name) => `${name}${seed}`);
    const names = [x, y, z] as readonly string[];
    const configured = new Map<string, Queue>();
    for (const name of names) {
      const limit = any(undefined, 1 + random(4));
      const queue = { name, weight: 1 + random(4), paused: random(5) === 0 };
      configured.set(name, await put(limit === undefined ? queue : { ...queue, maxInFlight: limit }));
    }
    await bench().repositories.queues.putLimit({ key: `k${seed}`, maxInFlight: 2 }, bench().tick());
    const base = bench().tick();
    let waiting: readonly Job[] = [];
    for (let i = 0; i < 30; i += 1) {
      const given = { tenant: any(undefined, 'a', 'b'), concurrencyKey: any(undefined, undefined, `k${seed}`) };
      const spec = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
      const at = base - random(10) * 60_000;
      waiting = [...waiting, await bench().pendingJob({ ...spec, queue: any(...names), priority: random(4) }, { at })];
    }
    let inFlight: readonly Job[] = [];
    const shares = new Map<string, Map<string, Share>>();
    for (let step = 0; step < 6; step += 1) {
      const at = bench().tick();
      const limit = 1 + random(6);
      const count = (which: (job: Job) => boolean): number => inFlight.filter(which).length;
      const { taken, charges } = shareOut(waiting.map(readyJob), {
        at,
        limit,
        openQueue: (name) => {
          const { paused, weight, maxInFlight } = configured.get(name) as Queue;
          if (paused) return undefined;
          return maxInFlight === undefined
            ? { weight }
            : { weight, room: maxInFlight - count(({ spec }) => spec.queue === name) };
        },
        keyRoom: (key) => 2 - count(({ spec }) => spec.concurrencyKey === key),
        // Queues of other made-up installations were charged as well, before.
        shares: (parent) => shares.get(parent) ?? new Map(),
      });
      for (const { parent, child, level, finish } of charges)
        shares.set(parent, (shares.get(parent) ?? new Map<string, Share>()).set(child, { level, finish }));
      const claimed = await claim(limit, at);
      expect({ seed, step, ids: claimed.map(({ id }) => id) }).toEqual({ seed, step, ids: taken.map(({ id }) => id) });
      waiting = waiting.filter(({ id }) => !claimed.some((job) => job.id === id));
      inFlight = [...inFlight, ...claimed];
      const ending = inFlight.filter(() => random(2) === 0);
      for (const job of ending) await end(job);
      inFlight = inFlight.filter((job) => !ending.includes(job));
    }
    for (const job of inFlight) await end(job);
    for (const { id } of waiting) await bench().cancel(id);
  }
}

function readyJob({ id, createdAt, spec }: Job): ReadyJob {
  const { queue, tenant = '', concurrencyKey: key, priority } = spec;
  return { id, queue, tenant, priority, turn: turnOf(createdAt, priority), ...(key ? { limitedKey: key } : {}) };
}

/** Whole numbers below a bound, the same for a seed each time (mulberry32). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
