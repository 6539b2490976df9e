import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { JobSpec } from '@hodei/domain';
import { newJobId } from './bench.ts';
import { refuses, type GetBench } from './suite.ts';

/** Every field there is, with values that a careless store would change. */
const FULL_SPEC: JobSpec = {
  image: 'ghcr.io/team/tool:1.2',
  command: ['sh', '-c', 'echo "$A"', '', '--', '\u{1F600} \u0001\n'],
  env: { A: 'line\nline', EMPTY: '', 'odd.name': "it's" },
  secretNames: ['TOKEN'],
  workdir: '/a b',
  stdin: Uint8Array.from({ length: 256 }, (_, byte) => byte),
  resources: { cpu: 0.1, memoryBytes: 9_007_199_254_740_991, pids: 5, diskBytes: 1, gpu: 0 },
  network: 'bridge',
  requirements: { architecture: 'arm64', capabilities: ['a', 'b'], regions: [], labels: { zone: 'x' } },
  timeoutMs: 2_592_000_000,
  retry: { maxAttempts: 3, backoffMs: 86_400_000 },
  priority: -1000,
  queue: 'nightly.1',
  tenant: 'team:a@b/c',
  concurrencyKey: 'repo-1',
  waitTimeoutMs: 1,
  labels: { team: 'a', 'with/slash': '' },
  name: 'nightly',
};

export function insert(bench: GetBench): void {
  describe('insert and get', () => {
    it('give back all that was stored, also to another control plane', async () => {
      const { repositories, peer } = bench();
      const job = bench().newJob(FULL_SPEC);
      const stored = await repositories.jobs.insert(job);
      expect(stored).toEqual({
        id: job.id,
        spec: FULL_SPEC,
        state: 'pending',
        createdAt: job.at,
        stateChangedAt: job.at,
        notBefore: job.at,
      });
      expect(await peer.jobs.get(job.id)).toEqual(stored);
      expect(stored.spec.stdin).toEqual(FULL_SPEC.stdin);
    });

    it('leave absent what is absent', async () => {
      const { repositories } = bench();
      const stored = await repositories.jobs.insert(bench().newJob());
      expect(Object.keys(stored).toSorted()).toEqual([
        'createdAt',
        'id',
        'notBefore',
        'spec',
        'state',
        'stateChangedAt',
      ]);
      expect(stored.spec).not.toHaveProperty('stdin');
      expect(stored.spec).not.toHaveProperty('name');
    });

    it('claim it in the same step where asked to', async () => {
      const { repositories } = bench();
      const stored = await repositories.jobs.insert(bench().newJob({}, { claimFor: bench().owner }));
      expect(stored).toMatchObject({ state: 'scheduled', epoch: bench().owner });
      expect(await repositories.jobs.claimPending({ epoch: bench().stranger, limit: 10, at: bench().tick() })).toEqual(
        [],
      );
    });

    it('store what is not to begin yet as pending, until its moment', async () => {
      const { jobs } = bench().repositories;
      const at = bench().tick();
      const notBefore = at + 60_000;
      const job = await jobs.insert(bench().newJob({ notBefore }, { at, claimFor: bench().owner }));
      expect(job).toMatchObject({ state: 'pending', notBefore });
      const claim = { epoch: bench().owner, limit: 10 };
      expect(await jobs.claimPending({ ...claim, at: notBefore - 1 })).toEqual([]);
      expect(await jobs.outlook(at)).toEqual({ isDue: false, next: notBefore });
      expect((await jobs.claimPending({ ...claim, at: notBefore })).map(({ id }) => id)).toEqual([job.id]);
      const past = await jobs.insert(bench().newJob({ notBefore: at - 60_000 }));
      expect(past.notBefore).toBe(past.createdAt);
    });

    it('claim nothing in the same step that is paused or counted by a limit', async () => {
      const { jobs, queues } = bench().repositories;
      const state = async (spec: Partial<JobSpec>): Promise<string> =>
        (await jobs.insert(bench().newJob(spec, { claimFor: bench().owner }))).state;
      await queues.setPaused({ name: 'paused', paused: true, at: bench().tick() });
      await queues.put({ name: 'small', paused: false, weight: 1, maxInFlight: 5 }, bench().tick());
      await queues.put({ name: 'heavy', paused: false, weight: 9 }, bench().tick());
      await queues.putLimit({ key: 'narrow', maxInFlight: 5 }, bench().tick());
      expect(await state({ queue: 'paused' })).toBe('pending');
      expect(await state({ queue: 'small' })).toBe('pending');
      expect(await state({ concurrencyKey: 'narrow' })).toBe('pending');
      expect(await state({ queue: 'heavy', concurrencyKey: 'free' })).toBe('scheduled');
      await queues.putLimit({ key: '*', maxInFlight: 5 }, bench().tick());
      expect(await state({ queue: 'heavy', concurrencyKey: 'free' })).toBe('pending');
    });

    it('are not changed by what the caller does with its objects later', async () => {
      const { repositories } = bench();
      const stdin = Uint8Array.of(1, 2, 3);
      const env = { A: '1' };
      const { id } = await repositories.jobs.insert(bench().newJob({ stdin, env }));
      stdin.fill(9);
      env.A = '9';
      expect((await repositories.jobs.get(id)).spec).toMatchObject({ stdin: Uint8Array.of(1, 2, 3), env: { A: '1' } });
    });

    it('store the same id and spec once, and return the stored job', async () => {
      const { repositories, peer } = bench();
      const job = bench().newJob(FULL_SPEC);
      const stored = await repositories.jobs.insert(job);
      expect(await peer.jobs.insert({ ...job, at: job.at + 1000, claimFor: bench().stranger })).toEqual(stored);
      const cancelled = await bench().cancel(job.id);
      expect(await repositories.jobs.insert(job)).toEqual(cancelled);
    });

    it('store one job of many inserts of it at the same time', async () => {
      const { repositories } = bench();
      const job = bench().newJob();
      const stored = await Promise.all(Array.from({ length: 8 }, (_, i) => bench().side(i).jobs.insert(job)));
      expect(stored.every(({ createdAt }) => createdAt === job.at)).toBe(true);
      expect(await repositories.jobs.countByState()).toMatchObject({ pending: 1 });
    });

    it('refuse the same id with another spec', async () => {
      const { repositories } = bench();
      const job = bench().newJob({ stdin: Uint8Array.of(1) });
      await repositories.jobs.insert(job);
      await refuses(repositories.jobs.insert({ ...job, spec: { ...job.spec, image: 'other' } }), 'conflict');
      await refuses(repositories.jobs.insert({ ...job, spec: { ...job.spec, stdin: Uint8Array.of(2) } }), 'conflict');
    });

    it('keep who submitted it, and tell it in the history', async () => {
      const { jobs, history } = bench().repositories;
      const { id } = await jobs.insert({ ...bench().newJob(), by: 'ada' });
      expect(await bench().peer.jobs.get(id)).toMatchObject({ submittedBy: 'ada' });
      const told = await history.list({ afterSeq: 0, limit: 10, jobId: id });
      expect(told.map(({ kind, data }) => [kind, data])).toEqual([['job.pending', { by: 'ada' }]]);
    });

    it('store one job of many requests that are the same, and refuse another request', async () => {
      const { repositories, peer } = bench();
      const job = { ...bench().newJob(), requestHash: 'a' };
      const stored = await Promise.all(
        Array.from({ length: 8 }, (_, i) =>
          bench()
            .side(i)
            .jobs.insert({ ...job, at: job.at + i }),
        ),
      );
      expect(new Set(stored.map(({ createdAt }) => createdAt)).size).toBe(1);
      // What the server adds to a request may change between two of them; the request is what counts.
      const changed = { ...job, spec: { ...job.spec, image: 'other' } };
      expect(await repositories.jobs.insert(changed)).toMatchObject({ spec: job.spec });
      await refuses(peer.jobs.insert({ ...job, requestHash: 'b' }), 'idempotency_key_reused');
      expect(await repositories.jobs.countByState()).toMatchObject({ pending: 1 });
    });

    it('know no other id', async () => {
      await refuses(bench().repositories.jobs.get(newJobId()), 'not_found');
    });
  });
}

export function sealedSecrets(bench: GetBench): void {
  const sealed = new TextEncoder().encode(`box ${randomUUID()}`);

  describe('sealedSecrets', () => {
    it('are kept while the job may still need them', async () => {
      const { repositories } = bench();
      const attempt = await bench().launched({ sealedSecrets: sealed });
      await bench().finish(attempt, { cause: 'worker_lost', evidence: {} }, { state: 'pending', notBefore: 0 });
      expect(await repositories.jobs.sealedSecrets(attempt.jobId)).toEqual(sealed);
      // Whoever stops it, or takes it over meanwhile, masks its output.
      const running = await bench().launched({ sealedSecrets: sealed });
      await bench().cancel(running.jobId);
      expect(await repositories.jobs.sealedSecrets(running.jobId)).toEqual(sealed);
    });

    it('are absent where the job has none', async () => {
      const job = await bench().pendingJob();
      expect(await bench().repositories.jobs.sealedSecrets(job.id)).toBeUndefined();
    });

    it('are dropped at the end, whatever the end', async () => {
      const { repositories } = bench();
      const finished = await bench().ended('succeeded', { sealedSecrets: sealed });
      const { id: released } = await bench().scheduledJob({ sealedSecrets: sealed });
      const to = { state: 'failed', outcome: { cause: 'provider_unavailable', evidence: {} } } as const;
      await repositories.jobs.release({ jobId: released, epoch: bench().owner, at: bench().tick(), to });
      const cancelled = await bench().pendingJob({}, { sealedSecrets: sealed });
      await bench().cancel(cancelled.id);
      const late = await bench().pendingJob({ waitTimeoutMs: 1 }, { sealedSecrets: sealed });
      expect(await repositories.jobs.expireWaiting({ at: bench().tick() + 1000, limit: 10 })).toBe(1);
      for (const id of [finished.id, released, cancelled.id, late.id])
        expect(await repositories.jobs.sealedSecrets(id)).toBeUndefined();
    });

    it('know no other id', async () => {
      await refuses(bench().repositories.jobs.sealedSecrets(newJobId()), 'not_found');
    });
  });
}
