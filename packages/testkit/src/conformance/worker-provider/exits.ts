import { describe, expect, test } from 'vitest';
import type { GetBench } from './get-bench.ts';

export function exits(bench: GetBench): void {
  describe('waitForExit', () => {
    test.for([0, 1, 7, 124, 125, 126, 127, 137, 143, 255])(
      'tells exit code %i, and infers nothing from it',
      async (code) => {
        const { exit } = await bench().run(bench().commands.exit(code));
        expect(exit).toMatchObject({ exitCode: code, oomKilled: false });
        expect(exit.signal).toBeUndefined();
      },
    );

    test('tells when the worker ended', async () => {
      const { handle, exit } = await bench().run(bench().commands.exit(0));
      expect(exit.exitedAt).toBeGreaterThanOrEqual(handle.createdAt - 1000);
    });

    test('tells everyone who asks the same, also later', async () => {
      const { running } = await bench().start(bench().commands.exit(9));
      const [first, second] = await Promise.all([running.waitForExit(), running.waitForExit()]);
      expect(first).toMatchObject({ exitCode: 9 });
      expect([second, await running.waitForExit()]).toEqual([first, first]);
    });

    test('agrees with the status of the worker, which stays until it is destroyed', async () => {
      const { handle, exit } = await bench().run(bench().commands.exit(11));
      const status = await bench().provider.getWorkerStatus(handle);
      expect(status).toMatchObject({ state: 'terminated', exit: { exitCode: 11, oomKilled: false } });
      expect(Math.abs((status.exit?.exitedAt ?? 0) - exit.exitedAt)).toBeLessThan(5000);
    });

    test('settles where the worker is destroyed meanwhile', async () => {
      const { handle, running, output } = await bench().start(bench().commands.waitForever());
      await output.until('ready');
      const waiting = running.waitForExit().then(
        ({ exitCode }) => exitCode > 0,
        (error: unknown) => error,
      );
      await bench().provider.destroyWorker(handle, { gracePeriodMs: 0 });
      const end = await waiting;
      if (end !== true) expect(end).toMatchObject({ code: 'worker_not_found' });
      await Promise.allSettled([output.done]);
    });

    test('tells that a worker ran out of memory', async (context) => {
      const { capabilities, commands, provider } = bench();
      if (!capabilities.enforcedLimits.includes('memoryBytes'))
        return context.skip('the provider does not limit memory');
      if (commands.runOutOfMemory === undefined) throw new Error('the harness lacks runOutOfMemory');
      const handle = await bench().create({ resources: { memoryBytes: 64 * 1024 ** 2 } });
      const running = await provider.launch(handle, bench().order(commands.runOutOfMemory()));
      expect(await running.waitForExit()).toMatchObject({ exitCode: 137, oomKilled: true });
    });
  });
}
