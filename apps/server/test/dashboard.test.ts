import { readFile } from 'node:fs/promises';

import { START_KINDS, START_PHASES } from '@hodei/application';
import { GAP_REASONS, JOB_STATES, TERMINATION_CAUSES, WAITING_CLASSES, WORKER_STATES } from '@hodei/domain';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { Metrics } from '../src/metrics/metrics.ts';
import { readPromQl } from './support/read-promql.ts';

const read = (path: string): Promise<string> => readFile(new URL(`../../../deploy/${path}`, import.meta.url), 'utf8');

const METRICS = new Map(new Metrics('1.2.3').describe().map((metric) => [metric.name, metric]));

/** What Prometheus adds to every series. */
const ADDED = ['instance', 'job'];

/** What a label may be, where that is known beforehand. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  waits_for: WAITING_CLASSES,
  phase: START_PHASES,
  start: [...START_KINDS, 'refill'],
  cause: [...Object.keys(TERMINATION_CAUSES), 'exited_0'],
  level: ['warn', 'error'],
  'hodei_workers.state': WORKER_STATES,
  'hodei_jobs_ended_total.state': JOB_STATES,
  'hodei_jobs_in_flight.state': ['scheduled', 'running'],
  'hodei_postgres_connections.state': ['busy', 'idle'],
  'hodei_provider_health.status': ['healthy', 'degraded', 'unhealthy', 'unknown'],
  'hodei_lease_renewals_total.result': ['renewed', 'failed', 'lost'],
  'hodei_log_gaps_total.reason': GAP_REASONS,
};

/** The metric that a series belongs to, and the labels that it has. */
function seriesOf(name: string): { readonly metric: string; readonly labels: readonly string[] } | undefined {
  if (name === 'up') return { metric: name, labels: ADDED };
  const whole = METRICS.get(name);
  if (whole !== undefined && whole.type !== 'histogram') return { metric: name, labels: [...whole.labels, ...ADDED] };
  const [, base = '', part] = /^(.*)_(bucket|sum|count)$/.exec(name) ?? [];
  const histogram = METRICS.get(base);
  if (histogram?.type !== 'histogram') return undefined;
  return { metric: base, labels: [...histogram.labels, ...ADDED, ...(part === 'bucket' ? ['le'] : [])] };
}

/** Grafana's own variables are none of the grammar. */
const readQuery = (query: string): ReturnType<typeof readPromQl> =>
  readPromQl(query.replaceAll('$__rate_interval', '5m'));

/** What is wrong with a query; nothing where it asks for what there is. */
function faultsOf(query: string): readonly string[] {
  const { selectors, groupedBy } = readQuery(query);
  const faults: string[] = selectors.length === 0 ? ['it asks for nothing'] : [];
  const known = new Set<string>();
  for (const { metric: name, matchers } of selectors) {
    const series = seriesOf(name);
    if (series === undefined) faults.push(`there is no ${name}`);
    for (const label of series?.labels ?? []) known.add(label);
    for (const { label, value } of matchers) {
      if (series?.labels.includes(label) === false) faults.push(`${name} has no label ${label}`);
      const values = VALUES[`${series?.metric}.${label}`] ?? VALUES[label];
      const odd = values && value.split('|').filter((one) => !values.includes(one));
      if (odd !== undefined && odd.length > 0) faults.push(`${label} of ${name} is never ${odd.join(', ')}`);
    }
  }
  return [
    ...faults,
    ...groupedBy.filter((label) => !known.has(label)).map((label) => `nothing has the label ${label}`),
  ];
}

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

interface Alerts {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly annotations: { readonly summary: string };
    }[];
  }[];
}

/** The labels that a text shows, as `{{ label }}` or `{{ $labels.label }}`. */
const shownLabels = (text: string): readonly string[] =>
  [...text.matchAll(/\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}/g)].map(([, label = '']) => label);

describe('deploy/grafana/hodei.json', async () => {
  const { panels, templating } = JSON.parse(await read('grafana/hodei.json')) as {
    readonly panels: readonly Panel[];
    readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
  };
  const charts = panels.filter(({ type }) => type !== 'row');

  it.each(charts)('asks for what there is: $title', ({ targets = [] }) => {
    expect(targets.length).toBeGreaterThan(0);
    for (const { expr, legendFormat } of targets) {
      expect([expr, faultsOf(expr)]).toEqual([expr, []]);
      const labels = new Set(readQuery(expr).selectors.flatMap((one) => seriesOf(one.metric)?.labels ?? []));
      expect(shownLabels(legendFormat).filter((label) => !labels.has(label))).toEqual([]);
    }
  });

  it('chooses instances by a metric that there is', () => {
    const instance = templating.list.find(({ name }) => name === 'instance');
    const [, metric = ''] = /label_values\((\w+), instance\)/.exec(JSON.stringify(instance?.query)) ?? [];
    expect(METRICS.has(metric)).toBe(true);
  });

  it('has its panels beside and below one another', () => {
    const cells = panels.flatMap(({ title, gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, place) => ({ title, cell: `${x + (place % w)},${y + Math.floor(place / w)}` })),
    );
    expect(new Set(cells.map(({ cell }) => cell)).size).toBe(cells.length);
  });

  it('shows every metric of ours, but for what only tells a version', () => {
    const shown = new Set(
      charts.flatMap(({ targets = [] }) =>
        targets.flatMap(({ expr }) => readQuery(expr).selectors.map((one) => seriesOf(one.metric)?.metric)),
      ),
    );
    const hidden = [...METRICS.keys()].filter((name) => name.startsWith('hodei_') && !shown.has(name));
    expect(hidden).toEqual(['hodei_build_info', 'hodei_pool_max_workers']);
  });
});

describe('deploy/prometheus/alerts.yaml', async () => {
  const { groups } = parse(await read('prometheus/alerts.yaml')) as Alerts;

  it.each(groups.flatMap(({ rules }) => rules))('asks for what there is: $alert', ({ expr, labels, annotations }) => {
    expect([expr, faultsOf(expr)]).toEqual([expr, []]);
    expect(['warning', 'critical']).toContain(labels['severity']);
    const { selectors, groupedBy } = readPromQl(expr);
    const told = /\bby \(/.test(expr) ? groupedBy : selectors.flatMap((one) => seriesOf(one.metric)?.labels ?? []);
    expect(shownLabels(annotations.summary).filter((label) => !told.includes(label))).toEqual([]);
  });
});

describe('the check of queries', () => {
  it.each([
    ['rate(hodei_no_such_total[5m])', 'there is no hodei_no_such_total'],
    ['hodei_start_phase_seconds', 'there is no hodei_start_phase_seconds'],
    ['hodei_workers_bucket', 'there is no hodei_workers_bucket'],
    ['hodei_workers{stat="busy"}', 'hodei_workers has no label stat'],
    ['hodei_workers{state="running"}', 'state of hodei_workers is never running'],
    ['sum by (phase) (hodei_workers)', 'nothing has the label phase'],
    ['hodei_jobs_waiting{waits_for=~"turn|luck"}', 'waits_for of hodei_jobs_waiting is never luck'],
  ])('finds what is wrong with %s', (query, fault) => {
    expect(faultsOf(query)).toEqual([fault]);
  });

  it('finds what is no query', () => {
    expect(() => faultsOf('sum(hodei_workers')).toThrow('wrong at');
  });
});
