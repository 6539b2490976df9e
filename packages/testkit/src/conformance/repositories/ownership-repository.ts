import { describe, expect, it } from 'vitest';
import type { Epoch } from '@hodei/domain';
import { LOST, SUCCESS } from './bench.ts';
import { refuses, type GetBench } from './suite.ts';

export function ownership(bench: GetBench): void {
  const takeOver = (epoch: Epoch, limit = 10) => bench().peer.ownership.takeOver({ epoch, limit, at: bench().tick() });
  const die = (): Promise<void> => bench().repositories.instances.release(bench().owner);

  describe('takeOver', () => {
    it('leaves alone what belongs to a live lease', async () => {
      await bench().launched();
      expect(await takeOver(bench().stranger)).toEqual({ jobs: [], workers: [] });
    });

    it('passes on jobs, open attempts and live workers of the dead, and nothing that has ended', async () => {
      const { repositories, stranger: heir } = bench();
      const scheduled = await bench().scheduledJob();
      const running = await bench().launched();
      const over = await bench().launched();
      await bench().finish(over, SUCCESS, { state: 'succeeded' });
      const gone = await bench().begun();
      await bench().bring(gone, 'terminated');
      await bench().finish(gone, LOST, { state: 'failed' });
      const pending = await bench().pendingJob();
      await die();

      const owned = await takeOver(heir);
      expect(owned.jobs.map(({ id, epoch, state }) => [id, epoch, state])).toEqual([
        [scheduled.id, heir, 'scheduled'],
        [running.jobId, heir, 'running'],
      ]);
      expect(owned.workers.map(({ id, epoch, state }) => [id, epoch, state])).toEqual([
        [running.workerId, heir, 'busy'],
        [over.workerId, heir, 'terminating'],
      ]);
      expect((await repositories.attempts.get(running.id)).epoch).toBe(heir);
      expect((await repositories.attempts.get(over.id)).epoch).toBe(bench().owner);
      expect((await repositories.jobs.get(pending.id)).epoch).toBeUndefined();
      expect(await takeOver(heir)).toEqual({ jobs: [], workers: [] });
    });

    it('refuses the former owner everything afterwards: states, log bytes and outcomes', async () => {
      const { repositories, owner, stranger: heir } = bench();
      const attempt = await bench().launched();
      await die();
      await takeOver(heir);
      const bytes = new Uint8Array([1]);
      await refuses(
        repositories.logs.append({
          attemptId: attempt.id,
          epoch: owner,
          chunks: [{ stream: 'stdout', offset: 0, bytes, at: 0 }],
        }),
        'stale_epoch',
      );
      await refuses(bench().finish(attempt, SUCCESS, { state: 'succeeded' }), 'stale_epoch');
      await refuses(bench().moveWorker(await repositories.workers.get(attempt.workerId), 'terminating'), 'stale_epoch');
      await bench().finish(attempt, SUCCESS, { state: 'succeeded' }, heir);
    });

    it('takes over from a lease that has run out, and not before', async () => {
      const { repositories, stranger: heir } = bench();
      const { epoch } = await repositories.instances.register({ name: 'short', leaseMs: 200 });
      const job = await bench().pendingJob({}, { claimFor: epoch });
      await bench().until(async () => (await takeOver(heir)).jobs.length > 0, 201);
      expect((await repositories.jobs.get(job.id)).epoch).toBe(heir);
    });

    it('passes a worker on with its job, and not before it', async () => {
      const { repositories, stranger: heir, owner } = bench();
      const [first, second] = [await bench().launched(), await bench().launched()];
      await die();
      const owned = await takeOver(heir, 1);
      expect(owned.jobs.map(({ id }) => id)).toEqual([first.jobId]);
      expect(owned.workers.map(({ id }) => id)).toEqual([first.workerId]);
      expect((await repositories.workers.get(second.workerId)).epoch).toBe(owner);
      expect((await takeOver(heir, 1)).workers.map(({ id }) => id)).toEqual([second.workerId]);
    });

    it('gives each thing to one only, where several come at once', async () => {
      const { repositories } = bench();
      const jobs = await Promise.all(Array.from({ length: 12 }, () => bench().scheduledJob()));
      const heirs = await Promise.all(
        Array.from(
          { length: 4 },
          async (_, i) => (await repositories.instances.register({ name: `heir ${i}`, leaseMs: 60_000 })).epoch,
        ),
      );
      await die();
      const taken: string[] = [];
      for (let round = 0; round < 12 && taken.length < jobs.length; round += 1) {
        const owned = await Promise.all(
          heirs.map((epoch, i) => bench().side(i).ownership.takeOver({ epoch, limit: 3, at: bench().tick() })),
        );
        taken.push(...owned.flatMap((each) => each.jobs.map(({ id }) => id)));
      }
      expect(taken.toSorted()).toEqual(jobs.map(({ id }) => id).toSorted());
    });

    it('is refused to one whose own lease has run out', async () => {
      await bench().scheduledJob();
      await die();
      await refuses(takeOver(bench().owner), 'stale_epoch');
    });
  });

  describe('listOwned', () => {
    it('shows what one epoch has to bring to an end', async () => {
      const { repositories, owner, stranger } = bench();
      const attempt = await bench().launched();
      await bench().ended('failed');
      await bench().scheduledJob({ claimFor: stranger });
      const { jobs, workers } = await repositories.ownership.listOwned(owner);
      expect(jobs).toEqual([await repositories.jobs.get(attempt.jobId)]);
      expect(workers.map(({ state }) => state)).toEqual(['busy', 'terminating']);
      expect(await repositories.ownership.listOwned(999_999)).toEqual({ jobs: [], workers: [] });
    });
  });
}
