import type { Telemetry, TracedAttempt } from '@hodei/application';
import { isSuccess, traceParentOf, type EpochMs, type Job } from '@hodei/domain';
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type HrTime,
  type Span,
  type Tracer,
} from '@opentelemetry/api';

import type { ChosenIds } from './chosen-ids.ts';

/** One span to be told of. */
interface SpanFacts {
  readonly name: string;
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly attributes?: Attributes;
  /** Where other spans are below it. */
  readonly spanId?: string;
  readonly kind?: SpanKind;
}

/**
 * Makes spans of what happened to jobs, afterwards, of the moments that are stored: a job's tree is made by whichever
 * instances recorded its parts, and costs nothing on the way. Below the caller's span, if there is one:
 *
 * ```
 * job
 * ├ submit
 * ├ queue
 * └ attempt
 *   ├ claim, pull, turn, create, start, record, launch
 *   ├ run       (with the event "first byte")
 *   └ finish
 * ```
 */
export class JobSpans implements Pick<Telemetry, 'submitted' | 'attemptEnded' | 'jobEnded'> {
  readonly #tracer: Tracer;
  readonly #ids: ChosenIds;
  readonly #isSampled: (traceId: string, parent: Context) => boolean;

  /** @param isSampled says whether a trace is recorded at all: for one trace always the same. */
  constructor(tracer: Tracer, ids: ChosenIds, isSampled: (traceId: string, parent: Context) => boolean) {
    this.#tracer = tracer;
    this.#ids = ids;
    this.#isSampled = isSampled;
  }

  submitted({ job, from, to, placed }: Parameters<Telemetry['submitted']>[0]): void {
    const attributes = { 'hodei.placed': placed };
    if (this.#records(job)) this.#tell(job, belowJob(job), { name: 'submit', from, to, attributes });
  }

  attemptEnded(ended: Parameters<Telemetry['attemptEnded']>[0]): void {
    const { job, attempt, phases, startPhases, outcome } = ended;
    if (!this.#records(job)) return;
    const queue = startPhases.find(({ phase }) => phase === 'queue');
    if (queue !== undefined) this.#tell(job, belowJob(job), { ...queue, name: 'queue' });
    const to = phases.ended ?? job.stateChangedAt;
    const from = phases.claimed ?? to;
    const spanId = spanIdOf(attempt.id);
    const attributes = attributesOf(ended);
    const span = this.#begin(job, belowJob(job), { name: 'attempt', from, to, spanId, attributes });
    if (!isSuccess(outcome)) span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.cause });
    span.end(timeOf(to));
    this.#tellParts(ended, below(job, spanId), to);
    if (job.outcome !== undefined) this.jobEnded(job);
  }

  jobEnded(job: Job): void {
    if (!this.#records(job)) return;
    const { id, spec, state, outcome, createdAt } = job;
    const to = job.finishedAt ?? job.stateChangedAt;
    const attributes: Attributes = {
      'hodei.job.id': id,
      'hodei.job.state': state,
      'hodei.queue': spec.queue,
      'container.image.name': spec.image,
      ...(spec.name === undefined ? {} : { 'hodei.job.name': spec.name }),
      ...(spec.tenant === undefined ? {} : { 'hodei.tenant': spec.tenant }),
      ...(outcome === undefined ? {} : { 'hodei.cause': outcome.cause }),
    };
    const facts = { name: 'job', from: createdAt, to, spanId: spanIdOf(id), kind: SpanKind.CONSUMER, attributes };
    const span = this.#begin(job, callerOf(job), facts);
    if (state !== 'succeeded' && outcome !== undefined)
      span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.cause });
    span.end(timeOf(to));
  }

  #tellParts({ job, startPhases, phases }: TracedAttempt, parent: Context, endedAt: EpochMs): void {
    for (const { phase, from, to } of startPhases)
      if (phase !== 'queue' && phase !== 'first_byte') this.#tell(job, parent, { name: phase, from, to });
    const { launched, firstByte, exited } = phases;
    if (launched === undefined) return;
    const to = exited ?? endedAt;
    const run = this.#begin(job, parent, { name: 'run', from: launched, to });
    if (firstByte !== undefined) run.addEvent('first byte', timeOf(firstByte));
    run.end(timeOf(to));
    if (exited !== undefined) this.#tell(job, parent, { name: 'finish', from: exited, to: endedAt });
  }

  #tell(job: Job, parent: Context, facts: SpanFacts): void {
    this.#begin(job, parent, facts).end(timeOf(facts.to));
  }

  #begin(job: Job, parent: Context, { name, from, spanId, kind, attributes = {} }: SpanFacts): Span {
    this.#ids.choose(spanId, traceIdOf(job));
    const options = { startTime: timeOf(from), attributes, ...(kind === undefined ? {} : { kind }) };
    return this.#tracer.startSpan(name, options, parent);
  }

  #records(job: Job): boolean {
    return this.#isSampled(traceIdOf(job), callerOf(job));
  }
}

/** Nothing that a job was given, but for its image: not its command, its environment or its output. */
const attributesOf = ({ attempt, start, outcome }: Parameters<Telemetry['attemptEnded']>[0]): Attributes => ({
  'hodei.attempt.id': attempt.id,
  'hodei.attempt.number': attempt.number,
  'hodei.worker.id': attempt.workerId,
  'hodei.provider.id': attempt.providerId,
  'hodei.start': start,
  'hodei.cause': outcome.cause,
  ...(outcome.evidence.exitCode === undefined ? {} : { 'process.exit.code': outcome.evidence.exitCode }),
});

/** A job that came without a trace has one of its own: its id, as everybody knows it. */
const traceIdOf = ({ id, spec }: Job): string => traceParentOf(spec)?.traceId ?? id.replaceAll('-', '');

/** The last half of an id is as random as a span's has to be. */
const spanIdOf = (id: string): string => id.replaceAll('-', '').slice(16);

function callerOf({ spec }: Job): Context {
  const caller = traceParentOf(spec);
  if (caller === undefined) return ROOT_CONTEXT;
  const traceFlags = caller.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: caller.traceId,
    spanId: caller.spanId,
    traceFlags,
    isRemote: true,
  });
}

const below = (job: Job, spanId: string): Context =>
  trace.setSpanContext(ROOT_CONTEXT, { traceId: traceIdOf(job), spanId, traceFlags: TraceFlags.SAMPLED });

const belowJob = (job: Job): Context => below(job, spanIdOf(job.id));

/** As seconds and nanoseconds: a number that is older than the process would be taken for one of its own clock. */
const timeOf = (at: EpochMs): HrTime => [Math.floor(at / 1000), Math.round((at % 1000) * 1e6)];
