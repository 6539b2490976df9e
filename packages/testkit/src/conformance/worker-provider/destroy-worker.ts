import { NO_OUTPUT, type WorkerHandle } from '@hodei/domain';
import { describe, expect, test } from 'vitest';
import { newWorkerId } from './bench.ts';
import type { GetBench } from './get-bench.ts';

export function destroyWorker(bench: GetBench): void {
  const destroyed = async (handle: WorkerHandle): Promise<void> => {
    const { provider } = bench();
    await expect(provider.getWorkerStatus(handle)).rejects.toMatchObject({ code: 'worker_not_found' });
    expect(await bench().listed(handle.workerId)).toEqual([]);
  };

  describe('destroyWorker', () => {
    test('removes an idle worker', async () => {
      const handle = await bench().create();
      await bench().provider.destroyWorker(handle, { gracePeriodMs: 0 });
      await destroyed(handle);
    });

    test('removes a busy worker, which is asked first', async () => {
      const { provider, commands } = bench();
      const { handle, output } = await bench().start(commands.noticeTerm());
      await output.until('ready');
      await provider.destroyWorker(handle, { gracePeriodMs: 60_000 });
      await Promise.allSettled([output.done]);
      expect(output.text('stdout')).toBe('ready\nnoticed\n');
      await destroyed(handle);
    });

    test('removes a busy worker that does not want to end', async () => {
      const { handle, output } = await bench().start(bench().commands.ignoreTerm());
      await output.until('ready');
      await bench().provider.destroyWorker(handle, { gracePeriodMs: 200 });
      await destroyed(handle);
    });

    test('removes a worker that has ended', async () => {
      const { handle } = await bench().run(bench().commands.exit(1));
      await bench().provider.destroyWorker(handle, { gracePeriodMs: 0 });
      await destroyed(handle);
    });

    test('removes a worker that is just ending', async () => {
      const { handle, output } = await bench().start(bench().commands.print('stdout', 'last words'));
      await output.until('last words');
      await bench().provider.destroyWorker(handle, { gracePeriodMs: 1000 });
      await destroyed(handle);
    });

    test('needs no more than the id', async () => {
      const handle = await bench().create();
      const other = await bench().connectAnother();
      await other.destroyWorker({ workerId: handle.workerId }, { gracePeriodMs: 0 });
      await destroyed(handle);
    });

    test('is done already where the worker never was, or is gone', async () => {
      const { provider } = bench();
      await provider.destroyWorker({ workerId: newWorkerId() }, { gracePeriodMs: 0 });
      const handle = await bench().create();
      await provider.destroyWorker(handle, { gracePeriodMs: 0 });
      await provider.destroyWorker(handle, { gracePeriodMs: 0 });
      await provider.destroyWorker({ workerId: handle.workerId }, { gracePeriodMs: 0 });
      await destroyed(handle);
    });

    test('may be called several times at once, from several processes', async () => {
      const { provider, commands } = bench();
      const { handle, output } = await bench().start(commands.waitForever());
      await output.until('ready');
      const other = await bench().connectAnother();
      await Promise.all(
        [provider, provider, other, other].map((each) => each.destroyWorker(handle, { gracePeriodMs: 1000 })),
      );
      await destroyed(handle);
    });

    test('lets the same id be used again', async () => {
      const { provider, commands } = bench();
      const spec = bench().spec();
      const first = await provider.createWorker(spec);
      await provider.destroyWorker(first, { gracePeriodMs: 0 });
      const second = await provider.createWorker(spec);
      expect(second.resourceId).not.toBe(first.resourceId);
      const running = await provider.launch(second, bench().order(commands.exit(2)));
      expect((await running.waitForExit()).exitCode).toBe(2);
    });

    test('takes all traces of the worker with it', async () => {
      const { provider, commands, capabilities } = bench();
      const { handle, order } = await bench().run(commands.print('stdout', 'text'));
      await provider.destroyWorker(handle, { gracePeriodMs: 0 });
      if (!capabilities.recovery) return await destroyed(handle);
      const recovering = provider.recoverWorker(handle, { nonce: order.nonce, from: NO_OUTPUT });
      await expect(recovering).rejects.toMatchObject({ code: 'worker_not_found' });
    });

    test('never touches what is not ours', async (context) => {
      const { provider, harness } = bench();
      if (harness.createForeign === undefined) return context.skip('the harness makes no foreign things');
      const workerId = newWorkerId();
      const foreign = await harness.createForeign(workerId);
      try {
        // Ours is gone, which is success; refusing to guess is as good.
        await Promise.allSettled([
          provider.destroyWorker({ workerId }, { gracePeriodMs: 0 }),
          provider.destroyWorker({ workerId, resourceId: foreign.resourceId }, { gracePeriodMs: 0 }),
        ]);
        expect(await foreign.exists()).toBe(true);
      } finally {
        await foreign.remove();
      }
    });
  });
}
