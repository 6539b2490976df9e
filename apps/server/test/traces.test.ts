import type { TracedAttempt } from '@hodei/application';
import {
  checkJobInput,
  parseAttemptId,
  parseJobId,
  parseProviderId,
  parseWorkerId,
  type Attempt,
  type Job,
} from '@hodei/domain';
import { hrTimeToMilliseconds } from '@opentelemetry/core';
import { InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';

import { makeJobSpans } from '../src/traces/make-job-spans.ts';
import { readTraceSettings } from '../src/traces/trace-settings.ts';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' };
const CALLER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const traceparent = (flags: string): string => `00-${CALLER.traceId}-${CALLER.spanId}-${flags}`;

/** One instance, with a provider of its own. */
function startInstance(env: NodeJS.ProcessEnv = {}) {
  const exporter = new InMemorySpanExporter();
  const settings = readTraceSettings({ ...ENDPOINT, ...env });
  if (settings === undefined) throw new Error('there are no traces');
  const { spans } = makeJobSpans(settings, new SimpleSpanProcessor({ exporter }));
  return { spans, made: (): readonly ReadableSpan[] => exporter.getFinishedSpans() };
}

// Long before this process began: instances that take work over tell of what was then.
const AT = Date.UTC(2001, 0, 1);

function aJob(given: { readonly traceparent?: string; readonly id?: string } = {}): Job {
  const { id = '01a20ce6-3558-7445-b8a9-6e51bef62be3', ...input } = given;
  const { spec } = checkJobInput({ command: ['true'], ...input }, 'busybox');
  return { id: parseJobId(id), spec, state: 'pending', createdAt: AT, stateChangedAt: AT, notBefore: AT };
}

function ended(
  job: Job,
  number: number,
  isLast: boolean,
): TracedAttempt & { readonly outcome: Job['outcome'] & object } {
  const from = AT + number * 1000;
  const attempt: Attempt = {
    id: parseAttemptId(`01a20ce6-356d-77a2-8844-b6518e341c0${number}`),
    jobId: job.id,
    workerId: parseWorkerId('01a20ce6-356d-77a2-8844-bb3db359fafc'),
    providerId: parseProviderId('01a20ce6-3315-7329-8a14-173e9c0ddc40'),
    number,
    epoch: 1,
    nonce: 'n',
    phases: {},
    acknowledged: { stdout: 0, stderr: 0 },
    warnings: [],
  };
  const outcome = isLast
    ? ({ cause: 'exited', evidence: { exitCode: 0 } } as const)
    : ({ cause: 'worker_lost', evidence: {} } as const);
  const after: Job = isLast ? { ...job, state: 'succeeded', outcome, finishedAt: from + 500 } : job;
  const phases = { claimed: from, ordered: from + 100, launched: from + 110, exited: from + 400, ended: from + 500 };
  const startPhases = [{ phase: 'queue', from: AT, to: from } as const];
  return { job: after, attempt, start: 'cold', phases, startPhases, outcome };
}

const parentsOf = (made: readonly ReadableSpan[]): readonly string[] =>
  made
    .map(({ name, parentSpanContext }) => {
      const parent = made.find((span) => span.spanContext().spanId === parentSpanContext?.spanId);
      return `${parent?.name ?? parentSpanContext?.spanId ?? '-'} > ${name}`;
    })
    .toSorted();

describe('the spans of a job', () => {
  it('are one tree, whichever instances made them', () => {
    const [first, second] = [startInstance(), startInstance()];
    const job = aJob({ traceparent: traceparent('01') });
    first.spans.submitted({ job, from: AT, to: AT + 5, placed: false });
    first.spans.attemptEnded(ended(job, 1, false));
    second.spans.attemptEnded(ended(job, 2, true));
    const all = [...first.made(), ...second.made()];
    expect(new Set(all.map((span) => span.spanContext().traceId))).toEqual(new Set([CALLER.traceId]));
    const attempt = ['attempt > finish', 'attempt > run', 'job > attempt', 'job > queue'];
    expect(parentsOf(all)).toEqual([...attempt, ...attempt, 'job > submit', `${CALLER.spanId} > job`].toSorted());
    expect(new Set(all.map((span) => span.spanContext().spanId)).size).toBe(all.length);
  });

  it('have the moments that are stored, also those of before this process', () => {
    const { spans, made } = startInstance();
    spans.attemptEnded(ended(aJob(), 1, true));
    const times = Object.fromEntries(
      made().map(({ name, startTime, endTime }) => [
        name,
        [startTime, endTime].map((time) => hrTimeToMilliseconds(time) - AT),
      ]),
    );
    expect(times).toEqual({
      queue: [0, 1000],
      attempt: [1000, 1500],
      run: [1110, 1400],
      finish: [1400, 1500],
      job: [0, 1500],
    });
  });

  it('belong to a trace that has the id of the job, where it came without one', () => {
    const { spans, made } = startInstance();
    spans.jobEnded({
      ...aJob(),
      state: 'cancelled',
      outcome: { cause: 'cancelled', evidence: {} },
      finishedAt: AT + 1,
    });
    expect(made().map((span) => span.spanContext().traceId)).toEqual(['01a20ce635587445b8a96e51bef62be3']);
    expect(made()[0]).toMatchObject({ status: { code: 2, message: 'cancelled' } });
    expect(made()[0]?.parentSpanContext).toBeUndefined();
  });

  it('are not made where the caller, or who operates, does not want them', () => {
    const count = (env: NodeJS.ProcessEnv, flags?: string): number => {
      const { spans, made } = startInstance(env);
      spans.attemptEnded(ended(aJob(flags === undefined ? {} : { traceparent: traceparent(flags) }), 1, true));
      return made().length;
    };
    expect(count({}, '00')).toBe(0);
    expect(count({ OTEL_TRACES_SAMPLER: 'always_on' }, '00')).toBe(5);
    expect(count({ OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, '01')).toBe(5);
    expect(count({ OTEL_TRACES_SAMPLER: 'parentbased_always_off' })).toBe(0);
    expect(count({ OTEL_TRACES_SAMPLER: 'always_off' }, '01')).toBe(0);
  });

  it('are made of whole traces, of a part of them, where a ratio says so', () => {
    const env = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' };
    const [first, second] = [startInstance(env), startInstance(env)];
    for (let i = 0; i < 200; i += 1) {
      const job = aJob({ id: `01a20ce6-3558-7445-${crypto.randomUUID().slice(19)}` });
      first.spans.submitted({ job, from: AT, to: AT, placed: false });
      second.spans.attemptEnded(ended(job, 1, true));
    }
    const traces = (made: readonly ReadableSpan[]): ReadonlySet<string> =>
      new Set(made.map((span) => span.spanContext().traceId));
    expect(traces(first.made())).toEqual(traces(second.made()));
    expect(first.made().length).toBeGreaterThan(50);
    expect(first.made().length).toBeLessThan(150);
  });
});

describe('traces', () => {
  it.each<[NodeJS.ProcessEnv]>([
    [{}],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
    [{ ...ENDPOINT, OTEL_SDK_DISABLED: 'true' }],
    [{ ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }],
  ])('are off with %j', (env) => {
    expect(readTraceSettings(env)).toBeUndefined();
  });

  it('go where the environment says', () => {
    expect(readTraceSettings(ENDPOINT)).toEqual({
      url: 'http://collector:4318/v1/traces',
      protocol: 'http/protobuf',
      sampler: 'parentbased_always_on',
      ratio: 1,
      serviceName: 'hodei',
    });
    const special = {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://other/here',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
    };
    expect(readTraceSettings({ ...ENDPOINT, ...special, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })).toMatchObject({
      url: 'https://other/here',
      protocol: 'http/json',
    });
  });

  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'p4ssword'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
    ['OTEL_TRACES_SAMPLER', 'sometimes'],
    ['OTEL_TRACES_SAMPLER_ARG', '2'],
  ])('are refused with %s=%s, by its name and without its value', (name, value) => {
    expect(() => readTraceSettings({ ...ENDPOINT, [name]: value })).toThrow(
      expect.objectContaining({ code: 'config_invalid', message: expect.stringMatching(`^${name} must be `) }) as Error,
    );
    expect(() => readTraceSettings({ ...ENDPOINT, [name]: value })).not.toThrow(value);
  });
});
