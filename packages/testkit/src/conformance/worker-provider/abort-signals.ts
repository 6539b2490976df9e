import { NO_OUTPUT } from '@hodei/domain';
import { describe, expect, test } from 'vitest';
import type { Bench } from './bench.ts';
import type { GetBench } from './get-bench.ts';
import { chunksOf } from './read-output.ts';

interface Subject {
  readonly bench: Bench;
  readonly job: Awaited<ReturnType<Bench['start']>>;
  readonly signal: AbortSignal;
}

/** Each call of the port, given a signal that was aborted before. */
const CALLS: Readonly<Record<string, (subject: Subject) => Promise<unknown>>> = {
  checkHealth: ({ bench, signal }) => bench.provider.checkHealth({ signal }),
  prepareImage: ({ bench, signal }) =>
    bench.provider.prepareImage({ image: bench.harness.image, pullPolicy: 'if-not-present' }, { signal }),
  createWorker: ({ bench, signal }) => bench.provider.createWorker(bench.spec(), { signal }),
  launch: async ({ bench, signal }) =>
    bench.provider.launch(await bench.create(), bench.order(bench.commands.exit(0)), { signal }),
  waitForExit: ({ job, signal }) => job.running.waitForExit({ signal }),
  getWorkerStatus: ({ bench, job, signal }) => bench.provider.getWorkerStatus(job.handle, { signal }),
  listWorkers: ({ bench, signal }) => bench.provider.listWorkers(bench.harness.installationId, { signal }),
  stopWorker: ({ bench, job, signal }) => bench.provider.stopWorker(job.handle, { gracePeriodMs: 0, signal }),
  destroyWorker: ({ bench, job, signal }) => bench.provider.destroyWorker(job.handle, { gracePeriodMs: 0, signal }),
  recoverWorker: ({ bench, job, signal }) =>
    bench.provider.recoverWorker(job.handle, { nonce: job.order.nonce, from: NO_OUTPUT, signal }),
  readLogs: ({ bench, job, signal }) => chunksOf(bench.provider.readLogs(job.handle, { signal })),
};

export function abortSignals(bench: GetBench): void {
  const reason = new Error('nobody waits any more');

  describe('a signal', () => {
    test.for(Object.keys(CALLS))('that is aborted already gives %s up with its reason', async (name, context) => {
      const { capabilities, commands } = bench();
      if (name === 'recoverWorker' && !capabilities.recovery)
        return context.skip('the provider does not claim recovery');
      if (name === 'readLogs' && !capabilities.retainedLogs)
        return context.skip('the provider does not claim retainedLogs');
      const job = await bench().start(commands.waitForever());
      await job.output.until('ready');
      const call = CALLS[name];
      await expect(call?.({ bench: bench(), job, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      expect((await bench().provider.getWorkerStatus(job.handle)).state).toMatch(/^(ready|busy)$/);
    });

    test('gives createWorker up on the way, and then nothing is left', async () => {
      const spec = bench().spec();
      const giveUp = new AbortController();
      const creating = bench().provider.createWorker(spec, {
        signal: giveUp.signal,
        onProgress: () => giveUp.abort(reason),
      });
      giveUp.abort(reason);
      await expect(creating).rejects.toBe(reason);
      await expect.poll(() => bench().listed(spec.workerId), { timeout: 60_000 }).toEqual([]);
    });

    test('gives up the wait for an exit, and the job goes on', async () => {
      const { provider, commands } = bench();
      const { handle, running, output } = await bench().start(commands.noticeTerm());
      await output.until('ready');
      const giveUp = new AbortController();
      const waiting = running.waitForExit({ signal: giveUp.signal });
      giveUp.abort(reason);
      await expect(waiting).rejects.toBe(reason);
      await provider.stopWorker(handle, { gracePeriodMs: 60_000 });
      expect((await running.waitForExit()).exitCode).toBe(3);
    });

    test.for(['stopWorker', 'destroyWorker'] as const)('gives up the grace period of %s', async (name) => {
      const { provider, commands } = bench();
      const { handle, output } = await bench().start(commands.ignoreTerm());
      await output.until('ready');
      const giveUp = new AbortController();
      const stopping = provider[name](handle, { gracePeriodMs: 3_600_000, signal: giveUp.signal });
      giveUp.abort(reason);
      await expect(stopping).rejects.toBe(reason);
    });
  });
}
