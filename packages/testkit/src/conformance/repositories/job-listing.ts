import { describe, expect, it } from 'vitest';
import type { JobQuery } from '@hodei/domain';
import { readPages } from './bench.ts';
import { refuses, type GetBench } from './suite.ts';

export function listing(bench: GetBench): void {
  const ids = async (query: Omit<JobQuery, 'limit'>): Promise<readonly string[]> =>
    (await bench().repositories.jobs.list({ limit: 100, ...query })).items.map(({ id }) => id);

  describe('list', () => {
    it('shows the newest first', async () => {
      const [first, second, third] = [
        await bench().pendingJob(),
        await bench().pendingJob(),
        await bench().pendingJob(),
      ];
      expect(await bench().repositories.jobs.list({ limit: 3 })).toEqual({ items: [third, second, first] });
    });

    it('is empty where there is nothing', async () => {
      expect(await bench().repositories.jobs.list({ limit: 3 })).toEqual({ items: [] });
    });

    it('chooses by state', async () => {
      const pending = await bench().pendingJob();
      const scheduled = await bench().scheduledJob();
      const failed = await bench().ended('failed');
      expect(await ids({ states: ['scheduled'] })).toEqual([scheduled.id]);
      expect(await ids({ states: ['pending', 'failed'] })).toEqual([failed.id, pending.id]);
      expect(await ids({ states: [] })).toEqual([]);
    });

    it('chooses by name', async () => {
      const job = await bench().pendingJob({ name: 'a%' });
      await bench().pendingJob({ name: 'ab' });
      await bench().pendingJob();
      expect(await ids({ name: 'a%' })).toEqual([job.id]);
    });

    it('chooses by tenant', async () => {
      const red = await bench().pendingJob({ tenant: 'red' });
      await bench().pendingJob({ tenant: 'blue' });
      await bench().pendingJob();
      expect(await ids({ tenant: 'red' })).toEqual([red.id]);
      expect(await ids({ tenant: 're' })).toEqual([]);
    });

    it('chooses by labels that must all be there', async () => {
      const both = await bench().pendingJob({ labels: { team: 'a', env: 'prod', more: '' } });
      const one = await bench().pendingJob({ labels: { team: 'a' } });
      await bench().pendingJob({ labels: { team: 'b', env: 'prod' } });
      expect(await ids({ labels: { team: 'a' } })).toEqual([one.id, both.id]);
      expect(await ids({ labels: { team: 'a', env: 'prod' } })).toEqual([both.id]);
      expect(await ids({ labels: { 'no such': 'label' } })).toEqual([]);
    });

    it('goes page by page through jobs of one moment, and neither skips nor repeats while new ones come', async () => {
      const at = bench().tick();
      const jobs = await Promise.all(Array.from({ length: 7 }, () => bench().pendingJob({}, { at })));
      const read = await readPages(
        (page) => bench().repositories.jobs.list(page),
        2,
        () => bench().pendingJob(),
      );
      expect(read.map(({ id }) => id).toSorted()).toEqual(jobs.map(({ id }) => id).toSorted());
    });

    it('keeps its filter from page to page', async () => {
      for (let i = 0; i < 3; i += 1) {
        await bench().pendingJob({ name: 'wanted' });
        await bench().pendingJob();
      }
      expect(await readPages((page) => bench().repositories.jobs.list({ ...page, name: 'wanted' }), 1)).toHaveLength(3);
    });

    it('gives no cursor with the last page, also where that is full', async () => {
      await bench().pendingJob();
      await bench().pendingJob();
      expect(await bench().repositories.jobs.list({ limit: 2 })).not.toHaveProperty('nextCursor');
    });

    it.each(['', 'x', '1', '1.2', "1'; drop table jobs; --", '1780315200123.not-a-uuid'])(
      'refuses "%s" as a cursor',
      async (cursor) => {
        await refuses(bench().repositories.jobs.list({ limit: 1, cursor }), 'invalid_input');
      },
    );

    it.each([0, -1, 1.5, 1001, Number.NaN])('refuses %d as a limit', async (limit) => {
      await refuses(bench().repositories.jobs.list({ limit }), 'invalid_input');
    });
  });

  describe('countByState', () => {
    it('counts every state, also those without a job', async () => {
      const none = { pending: 0, scheduled: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0, timed_out: 0 };
      expect(await bench().repositories.jobs.countByState()).toEqual(none);
      await bench().pendingJob();
      await bench().pendingJob();
      await bench().launched();
      await bench().ended('timed_out');
      expect(await bench().repositories.jobs.countByState()).toEqual({ ...none, pending: 2, running: 1, timed_out: 1 });
    });
  });
}
