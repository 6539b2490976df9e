import { describe, expect, test } from 'vitest';
import { newWorkerId, otherInstallation } from './bench.ts';
import type { GetBench } from './get-bench.ts';

export function listWorkers(bench: GetBench): void {
  describe('listWorkers', () => {
    test('lists idle, busy and ended workers, whoever made them', async () => {
      const { commands, harness } = bench();
      const idle = await bench().create();
      const busy = await bench().start(commands.waitForever());
      const ended = await bench().run(commands.exit(0));
      const other = await bench().connectAnother();
      const listed = await other.listWorkers(harness.installationId);
      const states = new Map(listed.map(({ workerId, state }) => [workerId, state]));
      expect(states.size).toBe(3);
      expect(states.get(idle.workerId)).toBe('ready');
      expect(states.get(busy.handle.workerId)).toMatch(/^(ready|busy)$/);
      expect(states.get(ended.handle.workerId)).toBe('terminated');
    });

    test('tells what the worker was made with', async () => {
      const spec = bench().spec();
      const handle = await bench().provider.createWorker(spec);
      const [listed] = await bench().listed(spec.workerId);
      expect(listed).toMatchObject({ workerId: spec.workerId, jobId: spec.jobId, resourceId: handle.resourceId });
      expect(Math.abs((listed?.createdAt ?? 0) - handle.createdAt)).toBeLessThan(2000);
      expect(Math.abs((listed?.expiresAt ?? 0) - spec.expiresAt)).toBeLessThan(2000);
    });

    test('lists nothing of another installation', async () => {
      await bench().create();
      expect(await bench().provider.listWorkers(otherInstallation())).toEqual([]);
    });

    test('lists nothing that is not ours', async (context) => {
      const { provider, harness } = bench();
      if (harness.createForeign === undefined) return context.skip('the harness makes no foreign things');
      const foreign = await harness.createForeign(newWorkerId());
      try {
        expect(await provider.listWorkers(harness.installationId)).toEqual([]);
      } finally {
        await foreign.remove();
      }
    });
  });

  describe('getWorkerStatus', () => {
    test('says that a worker is not found only where the engine has none', async () => {
      const { provider } = bench();
      const handle = await bench().create();
      const never = { ...handle, workerId: newWorkerId(), resourceId: '0'.repeat(handle.resourceId.length) };
      await expect(provider.getWorkerStatus(never)).rejects.toMatchObject({ code: 'worker_not_found' });
      await provider.destroyWorker(handle, { gracePeriodMs: 0 });
      await expect(provider.getWorkerStatus(handle)).rejects.toMatchObject({ code: 'worker_not_found' });
    });
  });
}
