import type { ChaosReport } from './run-chaos.ts';
import { median } from './takeovers.ts';

/** The table at the end of a run. */
export const formatReport = (report: ChaosReport): string => {
  const { options, verdicts, storm, takeovers, leaks, violations, settledAfterMs } = report;
  const kinds = [...new Set(verdicts.map(({ job }) => job.kind))];
  const rows = kinds.map((kind) => {
    const of = verdicts.filter(({ job }) => job.kind === kind);
    const sum = (value: (verdict: (typeof of)[number]['verdict']) => number): string =>
      String(of.reduce((total, { verdict }) => total + value(verdict), 0));
    const expected = of[0]?.job.expected;
    const plain = expected?.cause === 'exited' || expected?.cause === expected?.state;
    return [
      kind,
      String(of.length),
      plain ? (expected?.state ?? '') : `${expected?.state} (${expected?.cause})`,
      tally(of.map(({ verdict }) => verdict.actual)),
      sum(({ attempts }) => attempts),
      sum(({ counted }) => counted),
      sum(({ bytes }) => bytes),
      sum(({ hasMarkedLoss }) => (hasMarkedLoss ? 1 : 0)),
    ];
  });
  const header = ['kind', 'jobs', 'expected', 'actual', 'attempts', 'counted', 'bytes compared', 'loss marked'];
  const calm = takeovers.filter(({ disturbed }) => !disturbed).map(({ tookMs }) => tookMs);
  const all = takeovers.map(({ tookMs }) => tookMs);
  return [
    `seed ${options.seed}, ${options.jobs} jobs, ${options.seconds} s of trouble, live-restore ${options.liveRestore ? 'on' : 'off'}; all ended ${seconds(settledAfterMs)} after it`,
    '',
    ...columns([header, ...rows]),
    '',
    `troubles: ${[...storm.troubles].map(([what, times]) => `${what} ${times}`).join(', ')}`,
    `takeovers: ${takeovers.length} with ${takeovers.reduce((sum, { jobs }) => sum + jobs, 0)} jobs; median ${seconds(median(all))}, max ${seconds(all.length === 0 ? undefined : Math.max(...all))}`,
    `  with database and engine at hand: ${calm.length}; median ${seconds(median(calm))}, max ${seconds(calm.length === 0 ? undefined : Math.max(...calm))}`,
    `leaks: ${leaks.container} containers, ${leaks.network} networks, ${leaks.volume} volumes`,
    ...(violations.length === 0 ? ['no violation'] : [`${violations.length} VIOLATIONS`, ...violations]),
  ].join('\n');
};

const tally = (values: readonly string[]): string => {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].map(([value, count]) => `${value} ${count}`).join(', ');
};

const seconds = (ms: number | undefined): string => (ms === undefined ? 'none' : `${(ms / 1000).toFixed(1)} s`);

const columns = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
};
