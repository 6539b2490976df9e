// Real jobs while real parts die: see docs/chaos.md. Ends with a table, and with 1 where a promise was broken.
import { formatReport } from './chaos/format-report.ts';
import { parseChaosOptions } from './chaos/options.ts';
import { runChaos } from './chaos/run-chaos.ts';

try {
  const options = parseChaosOptions(process.argv.slice(2));
  const startedAt = Date.now();
  const say = (words: string): void =>
    void process.stderr.write(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${words}\n`);
  say(`seed ${options.seed}`);
  const report = await runChaos(options, say);
  console.log(`\n${formatReport(report)}`);
  process.exitCode = report.violations.length === 0 ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
