import { describe, expect, test } from 'vitest';
import { stored } from './bench.ts';
import type { GetBench } from './get-bench.ts';

/** Longer than any engine takes to end a process: the grace period never decides where this is given. */
const PATIENT_MS = 60_000;

export function stopWorker(bench: GetBench): void {
  describe('stopWorker', () => {
    test('asks first: a job that takes notice ends in its own way', async () => {
      const { provider, commands } = bench();
      const { handle, running, output } = await bench().start(commands.noticeTerm());
      await output.until('ready');
      await provider.stopWorker(handle, { gracePeriodMs: PATIENT_MS });
      expect((await running.waitForExit()).exitCode).toBe(3);
      await output.done;
      expect(output.text('stdout')).toBe('ready\nnoticed\n');
    });

    test('kills what does not end within the grace period', async () => {
      const { provider, commands } = bench();
      const { handle, running, output } = await bench().start(commands.ignoreTerm());
      await output.until('ready');
      await provider.stopWorker(handle, { gracePeriodMs: 300 });
      expect((await running.waitForExit()).exitCode).toBe(137);
      await output.done;
    });

    test('ends a job with all that it started', async () => {
      const { provider, commands } = bench();
      const { handle, running, output } = await bench().start(commands.waitWithChild());
      await output.until('ready');
      await provider.stopWorker(handle, { gracePeriodMs: 1000 });
      expect((await running.waitForExit()).exitCode).toBeGreaterThan(0);
      await output.done;
    });

    test('resolves when the worker has ended, and leaves it there with its exit code', async () => {
      const { provider, commands } = bench();
      const { handle, output } = await bench().start(commands.waitForever());
      await output.until('ready');
      await provider.stopWorker(handle, { gracePeriodMs: 1000 });
      const status = await provider.getWorkerStatus(handle);
      expect(status.state).toBe('terminated');
      expect(status.exit?.exitCode).toBeGreaterThan(0);
      expect(await bench().listed(handle.workerId)).toMatchObject([{ state: 'terminated' }]);
    });

    test('is done already where the worker has ended, was stopped, or is gone', async () => {
      const { provider, commands } = bench();
      const { handle } = await bench().run(commands.exit(5));
      await provider.stopWorker(handle, { gracePeriodMs: PATIENT_MS });
      await provider.stopWorker(stored(handle), { gracePeriodMs: PATIENT_MS });
      expect((await provider.getWorkerStatus(handle)).exit?.exitCode).toBe(5);
      await provider.destroyWorker(handle, { gracePeriodMs: 0 });
      await provider.stopWorker(handle, { gracePeriodMs: PATIENT_MS });
    });

    test('can be called by a process that did not launch the job', async () => {
      const { provider, commands } = bench();
      const { handle, running, output } = await bench().start(commands.noticeTerm());
      await output.until('ready');
      const other = await bench().connectAnother();
      await other.stopWorker(stored(handle), { gracePeriodMs: PATIENT_MS });
      expect((await running.waitForExit()).exitCode).toBe(3);
      expect((await provider.getWorkerStatus(handle)).state).toBe('terminated');
    });
  });
}
