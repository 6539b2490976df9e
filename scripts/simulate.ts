// Storms for the whole control plane in memory: one to read (--seed N), or many (--seeds N [--from M]).
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

import { simulate, type SimulationResult } from '../packages/application/test/simulation/simulate.ts';

/** Every so many seeds a worker tells how far it is. */
const REPORT_EVERY = 100;

interface Share {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

type Report = { readonly done: number; readonly broken: readonly Pick<SimulationResult, 'seed' | 'violation'>[] };

const seedOf = (text: string, what: string): number => {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 0 && number < 2 ** 32) return number;
  throw new TypeError(`${what} "${text}" must be a whole number from 0 to ${2 ** 32 - 1}`);
};

async function showOne(seed: number): Promise<void> {
  const result = await simulate(seed, { keepTrace: true });
  console.log(result.trace.join('\n'));
  const { jobs, attempts, lives, simulatedMs, settledAfterMs, hash } = result;
  console.log(
    `seed ${seed}: ${jobs} jobs, ${attempts} attempts, ${lives} instances, ${simulatedMs / 1000} s, settled ${settledAfterMs / 1000} s after the storm, trace ${hash}`,
  );
  console.log(result.violation === undefined ? 'all rules hold' : `BROKEN: ${result.violation}`);
  if (result.violation !== undefined) process.exitCode = 1;
}

async function runMany(from: number, count: number): Promise<void> {
  const startedAt = performance.now();
  const step = Math.min(availableParallelism(), count);
  let done = 0;
  const broken: Report['broken'][number][] = [];
  const seconds = (): string => `${((performance.now() - startedAt) / 1000).toFixed(0)} s`;
  await Promise.all(
    Array.from({ length: step }, (_, index) => {
      const share: Share = { from: from + index, to: from + count - 1, step };
      const worker = new Worker(new URL(import.meta.url), { workerData: share });
      worker.on('message', (report: Report) => {
        done += report.done;
        broken.push(...report.broken);
        for (const { seed, violation } of report.broken)
          console.log(`BROKEN: seed ${seed}: ${violation}\n  see it with: pnpm simulate --seed ${seed}`);
        if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${count} seeds, ${seconds()} `);
      });
      return new Promise<void>((resolve, reject) => {
        worker.on('error', reject);
        worker.on('exit', () => resolve());
      });
    }),
  );
  console.log(
    `${done} seeds from ${from} in ${seconds()}: ${broken.length === 0 ? 'all rules hold' : `${broken.length} broken`}`,
  );
  if (broken.length > 0 || done !== count) process.exitCode = 1;
}

async function runShare({ from, to, step }: Share): Promise<void> {
  let report: { done: number; broken: Report['broken'][number][] } = { done: 0, broken: [] };
  const send = (): void => {
    parentPort?.postMessage(report satisfies Report);
    report = { done: 0, broken: [] };
  };
  for (let seed = from; seed <= to; seed += step) {
    const { violation } = await simulate(seed);
    report.done += 1;
    if (violation !== undefined) report.broken.push({ seed, violation });
    if (report.done === REPORT_EVERY || violation !== undefined) send();
  }
  send();
}

if (isMainThread) {
  const { values } = parseArgs({
    options: { seed: { type: 'string' }, seeds: { type: 'string' }, from: { type: 'string', default: '1' } },
  });
  if (values.seed !== undefined) await showOne(seedOf(values.seed, '--seed'));
  else await runMany(seedOf(values.from, '--from'), seedOf(values.seeds ?? '1000', '--seeds'));
} else {
  await runShare(workerData as Share);
}
