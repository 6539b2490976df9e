import { describe, expect, it } from 'vitest';
import type { Job, JobId, Outlook } from '@hodei/domain';
import type { GetBench } from './suite.ts';

export function claiming(bench: GetBench): void {
  const claim = (
    limit: number,
    more: { readonly at?: number; readonly only?: readonly JobId[] } = {},
  ): Promise<readonly Job[]> =>
    bench().repositories.jobs.claimPending({ epoch: bench().owner, limit, at: bench().tick(), ...more });
  const idsOf = (jobs: readonly Job[]): readonly JobId[] => jobs.map(({ id }) => id);
  const outlook = (at: number): Promise<Outlook> => bench().repositories.jobs.outlook(at);

  describe('claimPending', () => {
    it('takes the highest priority first, then the oldest', async () => {
      const old = await bench().pendingJob({ priority: 1 });
      const low = await bench().pendingJob({ priority: -5 });
      const young = await bench().pendingJob({ priority: 1 });
      const urgent = await bench().pendingJob({ priority: 10 });
      expect(idsOf(await claim(1))).toEqual([urgent.id]);
      expect(idsOf(await claim(10))).toEqual([old.id, young.id, low.id]);
    });

    it('schedules what it takes, for the epoch that asked', async () => {
      const job = await bench().pendingJob();
      const at = bench().tick();
      const claimed = { ...job, state: 'scheduled', epoch: bench().owner, stateChangedAt: at };
      expect(await claim(1, { at })).toEqual([claimed]);
      expect(await bench().peer.jobs.get(job.id)).toEqual(claimed);
      expect(await claim(1)).toEqual([]);
    });

    it('takes none before its time', async () => {
      const { id } = await bench().scheduledJob();
      const due = bench().tick() + 5000;
      await bench().repositories.jobs.release({
        jobId: id,
        epoch: bench().owner,
        at: bench().tick(),
        to: {
          state: 'pending',
          notBefore: due,
        },
      });
      expect(await claim(1, { at: due - 1 })).toEqual([]);
      expect(idsOf(await claim(1, { at: due }))).toEqual([id]);
    });

    it('takes none but those it is told to', async () => {
      const [wanted, taken] = [await bench().pendingJob({ priority: -1 }), await bench().scheduledJob()];
      await bench().pendingJob();
      expect(idsOf(await claim(10, { only: [wanted.id, taken.id] }))).toEqual([wanted.id]);
      expect(await claim(10, { only: [] })).toEqual([]);
    });

    it('takes none that is cancelled or has ended', async () => {
      await bench().cancel((await bench().pendingJob()).id);
      await bench().ended('failed');
      expect(await claim(10)).toEqual([]);
    });

    it('takes nothing where the limit is 0', async () => {
      await bench().pendingJob();
      expect(await claim(0)).toEqual([]);
    });

    it('gives each job to one of many that claim at once, and leaves none', async () => {
      const jobs = await Promise.all(Array.from({ length: 40 }, () => bench().pendingJob()));
      const { owner, stranger } = bench();
      const at = bench().tick();
      const claimer = async (i: number): Promise<readonly Job[]> => {
        const mine: Job[] = [];
        for (;;) {
          const claimed = await bench()
            .side(i)
            .jobs.claimPending({
              epoch: i % 2 ? stranger : owner,
              limit: 3,
              at,
            });
          if (claimed.length === 0) return mine;
          mine.push(...claimed);
        }
      };
      const claimed = (await Promise.all(Array.from({ length: 8 }, (_, i) => claimer(i)))).flat();
      expect(idsOf(claimed).toSorted()).toEqual(idsOf(jobs).toSorted());
    });

    it('never takes more than its limit, with others claiming', async () => {
      await Promise.all(Array.from({ length: 20 }, () => bench().pendingJob()));
      const takes = await Promise.all(Array.from({ length: 10 }, () => claim(2)));
      expect(takes.every((jobs) => jobs.length <= 2)).toBe(true);
    });
  });

  describe('outlook', () => {
    it('tells the earliest moment to come at which a pending job may be claimed', async () => {
      const now = bench().tick();
      for (const wait of [9000, 3000, 6000, -10]) {
        const { id } = await bench().scheduledJob();
        await bench().repositories.jobs.release({
          jobId: id,
          epoch: bench().owner,
          at: now,
          to: {
            state: 'pending',
            notBefore: now + wait,
          },
        });
      }
      expect(await outlook(now)).toEqual({ isDue: true, next: now + 3000 });
      expect(await outlook(now + 3000)).toEqual({ isDue: true, next: now + 6000 });
      expect(await outlook(now + 9000)).toEqual({ isDue: true });
    });

    it('tells of no moment where nothing waits for its time', async () => {
      const job = await bench().pendingJob();
      expect(await outlook(job.notBefore)).toEqual({ isDue: true });
    });

    it('tells whether something waits that nothing but others keep back, until it is claimed', async () => {
      expect(await outlook(bench().tick())).toEqual({ isDue: false });
      await bench().pendingJob();
      expect(await outlook(bench().tick())).toEqual({ isDue: true });
      await claim(1);
      expect(await outlook(bench().tick())).toEqual({ isDue: false });
    });
  });
}
