import { describe, expect, test as plainTest } from 'vitest';
import { testWhereClaimed } from './claimed-test.ts';
import type { GetBench } from './get-bench.ts';

const KEY = 'tenant-1';

export function sharedNetwork(bench: GetBench): void {
  const test = testWhereClaimed(bench, (claimed) => claimed.sharedNetwork, 'shared networks');

  describe('a shared network', () => {
    plainTest('is refused where it is not claimed', async (context) => {
      if (bench().capabilities.sharedNetwork) return context.skip('the provider claims shared networks');
      const spec = bench().spec({ sharedNetworkKey: KEY });
      await expect(bench().provider.createWorker(spec)).rejects.toMatchObject({ code: 'unsupported' });
      expect(await bench().listed(spec.workerId)).toEqual([]);
    });

    test('takes workers of several processes at once, and they run like any other', async () => {
      const other = await bench().connectAnother();
      const created = [bench().provider, other, bench().provider].map(async (provider) => {
        const handle = await provider.createWorker(bench().spec({ sharedNetworkKey: KEY }));
        return await provider.launch(handle, bench().order(bench().commands.exit(3)));
      });
      const exits = await Promise.all((await Promise.all(created)).map((running) => running.waitForExit()));
      expect(exits.map(({ exitCode }) => exitCode)).toEqual([3, 3, 3]);
    });

    test('is refused together with another network', async (context) => {
      if (!bench().capabilities.customNetworking) return context.skip('the provider has no other network');
      const spec = bench().spec({ sharedNetworkKey: KEY, network: 'bridge' });
      await expect(bench().provider.createWorker(spec)).rejects.toMatchObject({ code: 'invalid_input' });
    });
  });
}
