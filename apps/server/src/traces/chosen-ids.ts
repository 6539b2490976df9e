import type { IdGenerator } from '@opentelemetry/sdk-trace';

/**
 * Gives the next span the ids that were chosen for it. The ids of a job's spans are made of its own and its attempts',
 * so that instances that know nothing of each other make one tree.
 */
export class ChosenIds implements IdGenerator {
  readonly #others: IdGenerator;
  #traceId: string | undefined;
  #spanId: string | undefined;

  /** @param others makes those that were not chosen. */
  constructor(others: IdGenerator) {
    this.#others = others;
  }

  /** For the span that is started next, before anything else happens. */
  choose(spanId: string | undefined, traceId: string): void {
    this.#spanId = spanId;
    this.#traceId = traceId;
  }

  generateTraceId(): string {
    return this.#traceId ?? this.#others.generateTraceId();
  }

  generateSpanId(): string {
    return this.#spanId ?? this.#others.generateSpanId();
  }
}
