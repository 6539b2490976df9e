import { describe, expect, it } from 'vitest';
import type { Job, ProviderConfig, Resources } from '@hodei/domain';
import { refuses, type GetBench } from './suite.ts';

const GIB = 1024 ** 3;

/** Room that is set aside for a job: `JobRepository.release` asks for it, and whoever inserts a worker leaves it. */
export function setAside(bench: GetBench): void {
  const provider = async (): Promise<ProviderConfig> => {
    const { providers } = bench().repositories;
    const { id } = await bench().provider();
    const { version } = await providers.get(id);
    await providers.update({ id, version, patch: { maxWorkers: 10 }, at: bench().tick() });
    return providers.setCapacity(id, { cpu: 4, memoryBytes: 4 * GIB });
  };
  const job = (resources: Resources = {}, priority = 0): Promise<Job> =>
    bench().pendingJob({ resources, priority }, { claimFor: bench().owner });
  const begin = async ({ id, spec }: Job): Promise<unknown> => {
    const { worker, ...attempt } = await bench().newAttempt(id);
    return bench().repositories.attempts.begin({ ...attempt, worker: { ...worker, resources: spec.resources } });
  };
  /** The job found no room, and what it needs is kept for it. */
  const wait = async ({ id }: Job, holdMs = 60_000): Promise<Job> => {
    const at = bench().tick();
    const kept = { providerId: (await bench().provider()).id, until: at + holdMs };
    const to = { state: 'pending', notBefore: at, setAside: kept } as const;
    return bench().repositories.jobs.release({ jobId: id, epoch: bench().owner, at, to });
  };
  const claim = async ({ id }: Job): Promise<void> => {
    await bench().repositories.jobs.claimPending({ epoch: bench().owner, limit: 1, at: bench().tick(), only: [id] });
  };
  const keptFor = async (): Promise<string | undefined> =>
    (await bench().peer.workers.loads()).get((await bench().provider()).id)?.setAside?.jobId;

  describe('room that is set aside', () => {
    it('is left by jobs whose turn is later, and by pools, and taken by the job itself', async () => {
      await provider();
      const big = await job({ memoryBytes: 3 * GIB });
      await begin(await job({ memoryBytes: 2 * GIB }));
      await wait(big);
      const [load] = (await bench().peer.workers.loads()).values();
      const turn = big.createdAt;
      expect(load?.setAside).toEqual({ jobId: big.id, turn, cpu: 0, memoryBytes: 3 * GIB, until: expect.any(Number) });
      const small = await job({ memoryBytes: GIB });
      await refuses(begin(small), 'provider_unavailable');
      const pooled = { ...(await bench().newPoolWorker()), resources: { memoryBytes: GIB } };
      await refuses(bench().repositories.workers.insertForPool(pooled), 'provider_unavailable');
      // What takes nothing of what is kept goes on; and what comes before it by its turn.
      await begin(await job({ cpu: 1 }));
      await begin(await job({ memoryBytes: GIB / 2 }, 100));
      await claim(big);
      expect(await keptFor()).toBe(big.id);
    });

    it('is so only while the job waits, and only until its time is over', async () => {
      await provider();
      const big = await job({ memoryBytes: 3 * GIB });
      const first = await job({ memoryBytes: 2 * GIB });
      const second = await job({ memoryBytes: 2 * GIB });
      await wait(big);
      await refuses(begin(second), 'provider_unavailable');
      await claim(big);
      await begin(big);
      expect(await keptFor()).toBeUndefined();
      const late = await job({ memoryBytes: 2 * GIB });
      await wait(late, 0);
      await wait(first, 0).then(claim);
      await begin(await job({ memoryBytes: GIB }));
      expect(await keptFor()).not.toBe(big.id);
    });

    it('goes to the job whose turn is first, and is kept on one provider', async () => {
      await provider();
      const later = await job({ memoryBytes: GIB });
      const latest = await job({ memoryBytes: GIB });
      const urgent = await job({ memoryBytes: GIB }, 5);
      await wait(later);
      expect(await keptFor()).toBe(later.id);
      await wait(latest);
      expect(await keptFor()).toBe(later.id);
      await wait(urgent);
      expect(await keptFor()).toBe(urgent.id);
      await bench().repositories.jobs.requestCancel({ jobId: urgent.id, by: 'me', at: bench().tick() });
      expect(await keptFor()).toBeUndefined();
      await claim(latest);
      await wait(latest);
      expect(await keptFor()).toBe(latest.id);
    });

    it('keeps a place where places are short', async () => {
      const { id } = await provider();
      const { version } = await bench().repositories.providers.get(id);
      await bench().repositories.providers.update({ id, version, patch: { maxWorkers: 1 }, at: bench().tick() });
      const waiting = await job();
      await wait(waiting);
      await refuses(begin(await job()), 'provider_unavailable');
      await claim(waiting);
      await begin(waiting);
    });
  });
}
