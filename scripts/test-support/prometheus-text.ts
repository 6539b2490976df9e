/** One series and its value. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric with all its series. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: Sample[];
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/gy;
const TYPES = ['counter', 'gauge', 'histogram', 'summary'];
const SUFFIXES: Readonly<Record<string, readonly string[]>> = { histogram: ['_bucket', '_sum', '_count'] };

/**
 * Reads Prometheus' text format 0.0.4, strictly: every family has HELP and TYPE, once, before its samples, and its
 * samples stand together; no series comes twice; buckets are cumulative and end with what `_count` says.
 * @throws Error that names the line.
 */
export function parsePrometheusText(text: string): ReadonlyMap<string, Family> {
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  let help: { readonly name: string; readonly text: string } | undefined;
  let current: Family | undefined;
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind === 'HELP') {
      if (families.has(name)) throw new Error(`twice: ${line}`);
      help = { name, text: rest };
    } else if (kind === 'TYPE') {
      if (help?.name !== name || !TYPES.includes(rest)) throw new Error(`no such type, or no help before: ${line}`);
      current = { name, help: help.text, type: rest, samples: [] };
      families.set(name, current);
    } else {
      const sample = readSample(line);
      const suffixes = ['', ...(SUFFIXES[current?.type ?? ''] ?? [])];
      if (current === undefined || !suffixes.some((suffix) => `${current?.name}${suffix}` === sample.name))
        throw new Error(`is no sample of ${current?.name}: ${line}`);
      const series = `${sample.name}${JSON.stringify(keysOf(sample.labels).map((key) => [key, sample.labels[key]]))}`;
      if (seen.has(series)) throw new Error(`twice: ${line}`);
      seen.add(series);
      current.samples.push(sample);
    }
  }
  for (const family of families.values()) if (family.type === 'histogram') checkHistogram(family);
  return families;
}

const keysOf = (labels: Sample['labels']): readonly string[] => Object.keys(labels).toSorted();

function readSample(line: string): Sample {
  const [, name, labels = '', value = ''] = SAMPLE.exec(line) ?? [];
  if (name === undefined) throw new Error(`is no sample: ${line}`);
  const read: Record<string, string> = {};
  let end = 0;
  for (const [all, label = '', text = ''] of labels.matchAll(LABEL)) {
    if (Object.hasOwn(read, label)) throw new Error(`a label comes twice: ${line}`);
    read[label] = text.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
    end += all.length;
  }
  if (end !== labels.length) throw new Error(`has labels that are none: ${line}`);
  const number = value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value);
  // Prometheus takes it in any case, and the library writes it so.
  if (Number.isNaN(number) && !/^nan$/i.test(value)) throw new Error(`has a value that is none: ${line}`);
  return { name, labels: read, value: number };
}

function checkHistogram({ name, samples }: Family): void {
  const keyOf = ({ labels }: Sample): string =>
    JSON.stringify(keysOf(labels).flatMap((key) => (key === 'le' ? [] : [key, labels[key]])));
  for (const group of Map.groupBy(samples, keyOf).values()) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) =>
      labels['le'] === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels['le']),
    );
    const counts = buckets.map(({ value }) => value);
    const isSorted = (values: readonly number[]): boolean =>
      values.every((value, place) => place === 0 || value >= (values[place - 1] ?? 0));
    const count = group.find((sample) => sample.name === `${name}_count`)?.value;
    if (!isSorted(bounds) || !isSorted(counts) || counts.at(-1) !== count || bounds.at(-1) !== Number.POSITIVE_INFINITY)
      throw new Error(`the buckets of ${name} are not cumulative, or do not end with its count`);
  }
}

/** The value of one series, or the sum of all that have these labels; absent where there is none. */
export function valueOf(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const family = families.get(name) ?? families.get(name.replace(/_(?:count|sum|bucket)$/, ''));
  const found = family?.samples.filter(
    (sample) => sample.name === name && Object.entries(labels).every(([key, text]) => sample.labels[key] === text),
  );
  return found === undefined || found.length === 0 ? undefined : found.reduce((sum, one) => sum + one.value, 0);
}
