import { RESOURCE_NAMES, type ResourceName, type Resources } from '@hodei/domain';
import { describe, expect, test } from 'vitest';
import type { GetBench } from './get-bench.ts';

/** Little enough for every engine, and enough for the commands. */
const MODEST = {
  cpu: 0.5,
  memoryBytes: 64 * 1024 ** 2,
  pids: 64,
  diskBytes: 1024 ** 3,
  gpu: 1,
} as const satisfies Resources;

export function capabilityClaims(bench: GetBench): void {
  const claims = (name: ResourceName): boolean => bench().capabilities.enforcedLimits.includes(name);
  const expectRefused = async (resources: Resources, code: string): Promise<void> => {
    const spec = bench().spec({ resources });
    await expect(bench().provider.createWorker(spec)).rejects.toMatchObject({ code });
    expect(await bench().listed(spec.workerId)).toEqual([]);
  };

  describe('capabilities', () => {
    test('are data, and the same from one call to the next', () => {
      const { provider, capabilities } = bench();
      expect(JSON.parse(JSON.stringify(capabilities))).toEqual(capabilities);
      expect(provider.capabilities()).toEqual(capabilities);
      expect(capabilities.launchModes.length).toBeGreaterThan(0);
    });

    test.for(RESOURCE_NAMES)(
      'a limit of %s works where it is claimed, and is refused where it is not',
      async (name) => {
        const { provider, commands } = bench();
        const resources = { [name]: MODEST[name] };
        if (!claims(name)) return await expectRefused(resources, 'unsupported');
        const handle = await bench().create({ resources });
        const running = await provider.launch(handle, bench().order(commands.exit(3)));
        expect((await running.waitForExit()).exitCode).toBe(3);
      },
    );

    test.for(RESOURCE_NAMES)('more %s than is claimed, or less, is refused', async (name, context) => {
      const { maxResources, minResources } = bench().capabilities;
      const [most, least] = [maxResources[name], minResources[name]];
      if (!claims(name) || (most === undefined && least === undefined))
        return context.skip('the provider knows no bound of it');
      if (most !== undefined) await expectRefused({ [name]: most + 1 }, 'limit_exceeded');
      if (least !== undefined && least > 1) await expectRefused({ [name]: least - 1 }, 'limit_exceeded');
    });

    test('an architecture that is not claimed is refused', async () => {
      const spec = bench().spec({ architecture: 'hodei-none' });
      await expect(bench().provider.createWorker(spec)).rejects.toMatchObject({ code: 'unsupported' });
      expect(await bench().listed(spec.workerId)).toEqual([]);
    });

    test('an architecture that is claimed runs', async (context) => {
      const [architecture] = bench().capabilities.architectures;
      if (architecture === undefined) return context.skip('the provider claims none');
      const handle = await bench().create({ architecture });
      const running = await bench().provider.launch(handle, bench().order(bench().commands.exit(0)));
      expect((await running.waitForExit()).exitCode).toBe(0);
    });

    test('estimates are numbers', () => {
      const { provider, harness } = bench();
      expect(provider.estimatedStartupMs({ image: harness.image })).toBeGreaterThanOrEqual(0);
      const cost = provider.estimatedCost?.({ resources: {} }, 1000);
      if (cost !== undefined) expect(cost).toBeGreaterThanOrEqual(0);
    });
  });

  describe('checkHealth', () => {
    test('says that a healthy engine can be used', async () => {
      const health = await bench().provider.checkHealth();
      expect(health.status).toMatch(/^(healthy|degraded)$/);
      if (health.status === 'degraded') expect(health.reasons).not.toEqual([]);
      expect(health.checkedAt).toBeGreaterThan(0);
    });
  });
}
