import { HodeiError, orAborted, type Clock, type ErrorCode, type WorkerId } from '@hodei/domain';

/** The calls of a provider that can go wrong on demand. */
export type FaultableCall =
  | 'checkHealth'
  | 'prepareImage'
  | 'createWorker'
  | 'launch'
  | 'recoverWorker'
  | 'waitForExit'
  | 'getWorkerStatus'
  | 'readLogs'
  | 'listWorkers'
  | 'watchWorkers'
  | 'stopWorker'
  | 'destroyWorker';

/**
 * What goes wrong:
 *
 * - `fail`: the call rejects with the error and has no effect
 * - `delay`: the call does what it should, so many milliseconds later
 * - `hang`: the call has no effect and does not settle until its signal aborts
 * - `loseAnswer`: the call has its effect, and then rejects with the code; by default `provider_unavailable` (a
 *   repository's with `database_unavailable`)
 */
export type FaultKind =
  | { readonly kind: 'fail'; readonly error: HodeiError }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'hang' }
  | { readonly kind: 'loseAnswer'; readonly code?: ErrorCode };

/** One fault, and when it strikes. By default one of a provider, whose calls are about a worker. */
export type Fault<Call extends string = FaultableCall, Subject = WorkerId | undefined> = FaultKind & {
  readonly call: Call;
  /** How many calls it strikes; by default 1. */
  readonly times?: number | 'always';
  /** Strikes only calls about a subject for which this holds; a call that is about no worker has no id. */
  readonly when?: (subject: Subject) => boolean;
};

/** Faults that wait for their calls. Of those that match a call, the one that was added first strikes. */
export class FaultPlan<Call extends string = FaultableCall, Subject = WorkerId | undefined> {
  readonly #lostAnswer: ErrorCode;
  #faults: { readonly fault: Fault<Call, Subject>; left: number }[] = [];

  /** @param lostAnswer the code of the error of `loseAnswer`. */
  constructor(lostAnswer: ErrorCode = 'provider_unavailable') {
    this.#lostAnswer = lostAnswer;
  }

  /** @returns takes the fault back. */
  add(fault: Fault<Call, Subject>): () => void {
    const entry = { fault, left: fault.times === 'always' ? Infinity : (fault.times ?? 1) };
    this.#faults.push(entry);
    return () => {
      this.#faults = this.#faults.filter((other) => other !== entry);
    };
  }

  clear(): void {
    this.#faults = [];
  }

  /** How many faults still wait for a call. */
  get pending(): number {
    return this.#faults.length;
  }

  /** Makes a call under the fault that strikes it. */
  async run<T>(
    call: Call,
    subject: Subject,
    surroundings: { readonly clock: Clock; readonly signal: AbortSignal | undefined },
    effect: () => Promise<T>,
  ): Promise<T> {
    const { clock, signal } = surroundings;
    signal?.throwIfAborted();
    const fault = this.#take(call, subject);
    switch (fault?.kind) {
      case undefined:
        return await effect();
      case 'fail':
        throw fault.error;
      case 'delay':
        await clock.sleep(fault.ms, signal);
        return await effect();
      case 'hang':
        return await orAborted(new Promise<never>(() => undefined), signal);
      case 'loseAnswer':
        await effect();
        throw new HodeiError(fault.code ?? this.#lostAnswer, `the answer to ${call} was lost; what it did stands`);
    }
  }

  #take(call: Call, subject: Subject): Fault<Call, Subject> | undefined {
    const entry = this.#faults.find(({ fault }) => fault.call === call && (fault.when?.(subject) ?? true));
    if (entry === undefined) return undefined;
    entry.left -= 1;
    if (entry.left <= 0) this.#faults = this.#faults.filter((other) => other !== entry);
    return entry.fault;
  }
}
