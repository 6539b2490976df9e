import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseAttemptId, parseProviderId, type ProviderId, type Resources } from '@hodei/domain';
import { LOST, newJobId } from './bench.ts';
import { compete, refuses, type GetBench } from './suite.ts';

export function begin(bench: GetBench): void {
  describe('begin', () => {
    it('stores the attempt, and its worker as creating, before anything is made', async () => {
      const job = await bench().scheduledJob();
      const wanted = await bench().newAttempt(job.id);
      const attempt = await bench().repositories.attempts.begin(wanted);
      await bench().expectBegun(attempt, wanted);
      expect(await bench().peer.attempts.get(attempt.id)).toEqual(attempt);
    });

    it('numbers the attempts of a job', async () => {
      const first = await bench().launched();
      await bench().finish(first, LOST, { state: 'pending', notBefore: 0 });
      await bench().repositories.jobs.claimPending({
        epoch: bench().owner,
        limit: 1,
        at: bench().tick(),
        only: [first.jobId],
      });
      const second = await bench().beginNext(first.jobId);
      expect([first.number, second.number]).toEqual([1, 2]);
      const listed = await bench().repositories.attempts.listByJob(first.jobId);
      expect(listed.map(({ id }) => id)).toEqual([first.id, second.id]);
    });

    it('is refused to who does not own the job', async () => {
      const { id } = await bench().scheduledJob();
      const wanted = await bench().newAttempt(id, { epoch: bench().stranger });
      await refuses(bench().repositories.attempts.begin(wanted), 'stale_epoch');
      expect(await bench().repositories.attempts.listByJob(id)).toEqual([]);
      await refuses(bench().repositories.workers.get(wanted.worker.workerId), 'not_found');
    });

    it('is refused for a job that is not scheduled', async () => {
      const pending = await bench().pendingJob();
      const ended = await bench().ended('failed');
      await refuses(bench().beginNext(pending.id), 'conflict');
      await refuses(bench().beginNext(ended.id), 'conflict');
    });

    it('is refused once cancellation was asked for', async () => {
      const { id } = await bench().scheduledJob();
      await bench().cancel(id);
      await refuses(bench().beginNext(id), 'conflict');
      expect(await bench().repositories.attempts.listByJob(id)).toEqual([]);
    });

    it('is refused while another attempt has no outcome', async () => {
      const { jobId } = await bench().begun();
      await refuses(bench().beginNext(jobId), 'conflict');
    });

    it('is refused for ids that exist', async () => {
      const { id, workerId } = await bench().begun();
      const job = await bench().scheduledJob();
      const wanted = await bench().newAttempt(job.id);
      await refuses(bench().repositories.attempts.begin({ ...wanted, attemptId: id }), 'conflict');
      await refuses(
        bench().repositories.attempts.begin({ ...wanted, worker: { ...wanted.worker, workerId } }),
        'conflict',
      );
    });

    it('knows no other job and no other provider', async () => {
      await refuses(bench().beginNext(newJobId()), 'not_found');
      const { id } = await bench().scheduledJob();
      const providerId = parseProviderId(randomUUID());
      await refuses(bench().repositories.attempts.begin(await bench().newAttempt(id, { providerId })), 'not_found');
    });

    it('lets one of many begin', async () => {
      const { id } = await bench().scheduledJob();
      const wanted = await Promise.all(Array.from({ length: 6 }, () => bench().newAttempt(id)));
      const { repositories } = bench();
      const { won, refused } = await compete(wanted.map((one, i) => bench().side(i).attempts.begin(one)));
      expect(won).toBe(1);
      expect(new Set(refused)).toEqual(new Set(['conflict']));
      expect(await repositories.attempts.listByJob(id)).toHaveLength(1);
    });

    it('gives a provider no more workers than it has places, however many begin at once', async () => {
      const provider = await bench().repositories.providers.insert(bench().newProvider({ maxWorkers: 3 }));
      await beginOn(provider.id, {}, 9, 3);
    });

    it('promises no more CPU and memory than there is, however many begin at once', async () => {
      const { providers } = bench().repositories;
      const { id } = await providers.insert(bench().newProvider());
      await providers.setCapacity(id, { cpu: 2, memoryBytes: 1000 });
      await beginOn(id, { cpu: 0.5 }, 9, 4);
      await beginOn(id, { memoryBytes: 300 }, 6, 3);
      await beginOn(id, {}, 4, 4);
      expect((await bench().peer.workers.loads()).get(id)).toEqual({ workers: 11, cpu: 2, memoryBytes: 900 });
    });

    const beginOn = async (providerId: ProviderId, resources: Resources, many: number, fit: number): Promise<void> => {
      const wanted = await Promise.all(
        Array.from({ length: many }, async () => {
          const attempt = await bench().newAttempt((await bench().scheduledJob()).id, { providerId });
          return { ...attempt, worker: { ...attempt.worker, resources } };
        }),
      );
      const { won, refused } = await compete(wanted.map((one, i) => bench().side(i).attempts.begin(one)));
      expect({ won, refused: refused.length }).toEqual({ won: fit, refused: many - fit });
      expect(refused.every((code) => code === 'provider_unavailable')).toBe(true);
    };

    it('has one winner against a release', async () => {
      for (let round = 0; round < 8; round += 1) {
        const { id } = await bench().scheduledJob();
        const to = { state: 'pending', notBefore: 0 } as const;
        const { won, refused } = await compete([
          bench().beginNext(id),
          bench().peer.jobs.release({ jobId: id, epoch: bench().owner, at: bench().tick(), to }),
        ]);
        expect([won, refused]).toEqual([1, ['conflict']]);
      }
    });

    it('has one winner against the removal of its provider', async () => {
      for (let round = 0; round < 4; round += 1) {
        const provider = await bench().repositories.providers.insert(bench().newProvider());
        const { id } = await bench().scheduledJob();
        const wanted = await bench().newAttempt(id, { providerId: provider.id });
        const { won, refused } = await compete([
          bench().repositories.attempts.begin(wanted),
          bench().peer.providers.delete(provider.id),
        ]);
        expect(won).toBe(1);
        expect([['conflict'], ['not_found']]).toContainEqual(refused);
      }
    });
  });

  describe('get and listByJob', () => {
    it('find an attempt by its id and its job', async () => {
      const attempt = await bench().launched();
      expect(await bench().peer.attempts.get(attempt.id)).toEqual(attempt);
      expect(await bench().peer.attempts.listByJob(attempt.jobId)).toEqual([attempt]);
    });

    it('know no other id', async () => {
      const { attempts } = bench().repositories;
      await refuses(attempts.get(parseAttemptId(randomUUID())), 'not_found');
      expect(await attempts.listByJob(newJobId())).toEqual([]);
    });
  });
}
