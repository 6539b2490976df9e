import { describe, expect, test } from 'vitest';
import { newWorkerId, stored } from './bench.ts';
import type { GetBench } from './get-bench.ts';

export function createWorker(bench: GetBench): void {
  describe('createWorker', () => {
    test('makes a worker that waits for its order', async () => {
      const { provider } = bench();
      const handle = await bench().create();
      const status = await provider.getWorkerStatus(handle);
      expect(status.state).toBe('ready');
      expect(status).not.toHaveProperty('exit');
      expect(status.engineState).not.toBe('');
    });

    test('returns a handle that says whose it is and that is plain data', async () => {
      const { provider } = bench();
      const spec = bench().spec();
      const handle = await provider.createWorker(spec);
      expect(handle).toMatchObject({
        version: 1,
        workerId: spec.workerId,
        providerId: provider.id,
        providerType: provider.type,
      });
      expect(handle.resourceId).not.toBe('');
      expect(handle.createdAt).toBeGreaterThan(0);
      expect(stored(handle)).toEqual(handle);
    });

    test('adopts the worker where it exists already', async () => {
      const { provider, commands } = bench();
      const spec = bench().spec();
      const first = await provider.createWorker(spec);
      const second = await provider.createWorker(spec);
      expect(second.resourceId).toBe(first.resourceId);
      expect(await bench().listed(spec.workerId)).toHaveLength(1);
      const running = await provider.launch(second, bench().order(commands.exit(7)));
      expect((await running.waitForExit()).exitCode).toBe(7);
    });

    test('makes one worker where it is called twice at once', async () => {
      const { provider } = bench();
      const spec = bench().spec();
      const [first, second] = await Promise.all([provider.createWorker(spec), provider.createWorker(spec)]);
      expect(second.resourceId).toBe(first.resourceId);
      expect(await bench().listed(spec.workerId)).toHaveLength(1);
    });

    test('leaves nothing where it fails', async () => {
      const { provider, capabilities } = bench();
      const spec = bench().spec({ network: 'hodei-no-such-network' });
      const code = capabilities.customNetworking ? 'network_not_found' : 'unsupported';
      await expect(provider.createWorker(spec)).rejects.toMatchObject({ code });
      expect(await bench().listed(spec.workerId)).toEqual([]);
    });

    test('does not take what bears the name of the worker but is not ours', async (context) => {
      const { provider, harness } = bench();
      if (harness.createForeign === undefined) return context.skip('the harness makes no foreign things');
      const spec = bench().spec({ workerId: newWorkerId() });
      const foreign = await harness.createForeign(spec.workerId);
      try {
        await expect(provider.createWorker(spec)).rejects.toMatchObject({ name: 'HodeiError' });
        expect(await foreign.exists()).toBe(true);
        expect(await bench().listed(spec.workerId)).toEqual([]);
      } finally {
        await foreign.remove();
      }
    });
  });
}
