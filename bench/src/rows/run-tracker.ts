// Runs so many jobs in memory and says what each takes of the heap beyond what its in-memory worker takes.
import { randomUUID } from 'node:crypto';

import { submitJob } from '@hodei/application';
import { parseWorkerId, type WorkerSpec } from '@hodei/domain';
import { SystemClock } from '@hodei/infrastructure/system';
import { InMemoryEngine } from '@hodei/testkit/in-memory';

import { inParallel } from '../measure/timed.ts';
import { until } from '../measure/until.ts';
import { benchDiagnostics } from '../world/diagnostics.ts';
import { openMemoryPlane } from '../world/memory-plane.ts';

const [connectionString = '', count = '0'] = process.argv.slice(2);
const workers = Number(count);
process.stdin.resume();

await using plane = await openMemoryPlane(connectionString, benchDiagnostics(console.error), {
  maxConcurrentJobs: workers + 100,
});
const { context, runner, engine } = plane;
const run = async (more: number): Promise<void> => {
  const before = engine.workers().length;
  await inParallel(more, 50, () => submitJob(context, { command: ['wait'] }));
  await until(() => engine.workers().length === before + more);
  await until(async () => (await context.repositories.jobs.countByState()).running === before + more, { everyMs: 100 });
};
await run(20);
const start = await heap();
await run(workers);
const tracked = (await heap()) - start;

// The same workers once more with nobody who looks after them: what the engine of this test takes is not ours.
const alone = new InMemoryEngine({ clock: new SystemClock() });
const before = await heap();
for (let index = 0; index < workers; index += 1) {
  const spec = { workerId: parseWorkerId(randomUUID()), image: 'busybox', network: 'none', resources: {}, labels: {} };
  const worker = await alone.create(spec as unknown as WorkerSpec, {}, alone, new AbortController().signal);
  worker.order({ nonce: 'n', argv: ['wait'], env: {}, secrets: {} });
}
const engineBytes = (await heap()) - before;
console.log(`${(tracked - engineBytes) / workers} bytes a worker`);
for (const { workerId } of engine.workers()) engine.killWorker(workerId);
for (const { workerId } of alone.workers()) alone.killWorker(workerId);
await runner.idle();

async function heap(): Promise<number> {
  for (let round = 0; round < 4; round += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}
