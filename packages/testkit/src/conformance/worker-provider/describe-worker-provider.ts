import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { Bench } from './bench.ts';
import type { WorkerProviderHarness } from './harness.ts';
import { abortSignals } from './abort-signals.ts';
import { capabilityClaims } from './capability-claims.ts';
import { createWorker } from './create-worker.ts';
import { destroyWorker } from './destroy-worker.ts';
import { directMode } from './direct-mode.ts';
import { exits } from './exits.ts';
import { images } from './images.ts';
import { launch } from './launch.ts';
import { listWorkers } from './list-workers.ts';
import { lostOutput } from './lost-output.ts';
import { output } from './output.ts';
import { readLogs } from './read-logs.ts';
import { recoverWorker } from './recover-worker.ts';
import { reuse } from './reuse.ts';
import { sharedNetwork } from './shared-network.ts';
import { stopWorker } from './stop-worker.ts';
import { watchWorkers } from './watch-workers.ts';

const PARTS = [
  createWorker,
  launch,
  output,
  exits,
  stopWorker,
  destroyWorker,
  listWorkers,
  watchWorkers,
  recoverWorker,
  readLogs,
  lostOutput,
  images,
  directMode,
  reuse,
  sharedNetwork,
  capabilityClaims,
  abortSignals,
] as const;

/**
 * The provider conformance suite: what every {@link WorkerProvider} has to do, one `describe` a method of the
 * port. It runs what the provider claims in its capabilities, and asserts that what it does not claim fails
 * with `unsupported`. It asserts error codes, never messages, and no timing but the order of things.
 *
 * Each test's workers are destroyed after it; a worker that is left then fails the test.
 *
 * @param makeHarness called once, before all tests.
 */
export function describeWorkerProvider(name: string, makeHarness: () => Promise<WorkerProviderHarness>): void {
  describe(`${name} is a worker provider`, { timeout: 120_000 }, () => {
    let harness: WorkerProviderHarness | undefined;
    let bench: Bench | undefined;
    beforeAll(async () => {
      harness = await makeHarness();
    }, 120_000);
    beforeEach(async () => {
      if (harness === undefined) throw new Error('the harness was not made');
      bench = new Bench(harness, await harness.createProvider());
    }, 120_000);
    afterEach(async () => {
      await bench?.clear();
      bench = undefined;
    }, 120_000);
    afterAll(async () => {
      await harness?.close();
    }, 120_000);
    const getBench = (): Bench => {
      if (bench === undefined) throw new Error('a bench exists only while a test runs');
      return bench;
    };
    for (const part of PARTS) part(getBench);
  });
}
