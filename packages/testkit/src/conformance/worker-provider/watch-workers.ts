import type { WorkerEvent, WorkerId, WorkerProvider, WorkerState } from '@hodei/domain';
import { describe, expect, test as plainTest } from 'vitest';
import { otherInstallation } from './bench.ts';
import { testWhereClaimed } from './claimed-test.ts';
import type { GetBench } from './get-bench.ts';

/** Watches in the background until it is stopped. */
class Watcher {
  readonly events: WorkerEvent[] = [];
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  constructor(provider: WorkerProvider, installationId: Parameters<WorkerProvider['watchWorkers']>[0]) {
    const events = provider.watchWorkers(installationId, { signal: this.#stop.signal });
    this.#done = (async () => {
      for await (const event of events) this.events.push(event);
    })();
  }

  async untilBegun(): Promise<void> {
    await expect.poll(() => this.events.length, { timeout: 60_000, interval: 10 }).toBeGreaterThan(0);
  }

  async until(workerId: WorkerId, state: WorkerState): Promise<void> {
    await expect.poll(() => this.statesOf(workerId), { timeout: 60_000, interval: 10 }).toContain(state);
  }

  statesOf(workerId: WorkerId): readonly WorkerState[] {
    return this.events.flatMap((event) =>
      event.kind === 'changed' && event.workerId === workerId ? [event.state] : [],
    );
  }

  /** Resolves when the iteration has ended; rejects where it ended with an error. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the test has seen enough'));
    await this.#done;
  }
}

export function watchWorkers(bench: GetBench): void {
  const watch = (installationId = bench().harness.installationId): Watcher =>
    new Watcher(bench().provider, installationId);
  const test = testWhereClaimed(bench, (capabilities) => capabilities.watch, 'watch');

  describe('watchWorkers', () => {
    plainTest('is refused where it is not claimed', async (context) => {
      const { provider, capabilities, harness } = bench();
      if (capabilities.watch) return context.skip('the provider claims to watch');
      const events = provider.watchWorkers(harness.installationId, { signal: AbortSignal.timeout(60_000) });
      await expect(events[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'unsupported' });
    });

    test('begins with a resync, and ends without an error when its signal aborts', async () => {
      const watcher = watch();
      await watcher.untilBegun();
      expect(watcher.events[0]).toMatchObject({ kind: 'resync' });
      await watcher.stop();
    });

    test('tells that workers begin, end and are removed', async () => {
      const watcher = watch();
      await watcher.untilBegun();
      const { handle } = await bench().run(bench().commands.exit(7));
      await watcher.until(handle.workerId, 'ready');
      await watcher.until(handle.workerId, 'terminated');
      for (const event of watcher.events) {
        if (event.kind === 'changed' && event.exitCode !== undefined) expect(event.exitCode).toBe(7);
      }
      const before = watcher.events.length;
      await bench().provider.destroyWorker(handle, { gracePeriodMs: 0 });
      await expect.poll(() => watcher.events.length, { timeout: 60_000, interval: 10 }).toBeGreaterThan(before);
      await watcher.stop();
    });

    test('tells of workers that another process made', async () => {
      const watcher = watch();
      await watcher.untilBegun();
      const other = await bench().connectAnother();
      const handle = await other.createWorker(bench().spec());
      await watcher.until(handle.workerId, 'ready');
      await watcher.stop();
    });

    test('tells nothing of another installation', async () => {
      const [ours, others] = [watch(), watch(otherInstallation())];
      await Promise.all([ours.untilBegun(), others.untilBegun()]);
      const { handle } = await bench().run(bench().commands.exit(0));
      await ours.until(handle.workerId, 'terminated');
      expect(others.statesOf(handle.workerId)).toEqual([]);
      await Promise.all([ours.stop(), others.stop()]);
    });
  });
}
