import { HodeiError, type ErrorCode } from '@hodei/domain';

import { never, type Gate } from './gate.ts';
import type { Scheduler } from './scheduler.ts';
import type { Trace } from './trace.ts';
import type { Fate } from './weather.ts';

/** Whom a call is for. */
export type Target = 'store' | 'engine';

/** One call of an instance to the world outside it. */
export interface Call<T> {
  readonly name: string;
  readonly target: Target;
  /** What it is about, for the trace. */
  readonly subject?: string;
  readonly signal?: AbortSignal | undefined;
  /** What it does there; the signal is absent where nobody can call it back. */
  readonly effect: (signal: AbortSignal | undefined) => Promise<T>;
  /** It never arrived: what that does there, like a broken connection. */
  readonly onLost?: () => void;
}

/** What surrounds the calls of one life of one instance. */
export interface CallSurroundings {
  readonly who: string;
  readonly gate: Gate;
  readonly scheduler: Scheduler;
  readonly trace: Trace;
  readonly drawFate: () => Fate;
  readonly isAway: (target: Target) => boolean;
  readonly crash: (why: string) => void;
  /** Of a call to an engine that fails. */
  readonly engineFault: ErrorCode;
}

/**
 * Carries out the calls of one life of one instance, each under the fate that the seed gives it. A call and
 * its effect are two things: a caller may die, be stopped or give up while its call is on the way.
 */
export class Calls {
  readonly #around: CallSurroundings;

  constructor(around: CallSurroundings) {
    this.#around = around;
  }

  async make<T>(call: Call<T>): Promise<T> {
    const { gate, drawFate } = this.#around;
    if (gate.isDead) return never();
    call.signal?.throwIfAborted();
    const fate = drawFate();
    return gate.through(this.#orGivenUp(call, fate));
  }

  async #orGivenUp<T>(call: Call<T>, fate: Fate): Promise<T> {
    const { signal } = call;
    if (signal === undefined) return this.#deliver(call, fate, undefined);
    // A caller that gives up is free at once, whatever still happens on the other side.
    const aborted = Promise.withResolvers<never>();
    aborted.promise.catch(() => undefined);
    const onAbort = (): void => aborted.reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    const delivered = this.#deliver(call, fate, fate.staysGoing ? undefined : signal);
    delivered.catch(() => undefined);
    try {
      return await Promise.race([delivered, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #deliver<T>(call: Call<T>, fate: Fate, signal: AbortSignal | undefined): Promise<T> {
    const { gate, scheduler } = this.#around;
    if (fate.crash === 'before') return this.#die(call, 'before');
    await scheduler.sleep(fate.requestMs, signal);
    if (!gate.isOpen && !fate.hasLeft) await gate.pass();
    if (fate.lose === 'request') {
      this.#note(call, 'is lost');
      call.onLost?.();
      throw this.#away(call, 'it never arrived');
    }
    if (this.#around.isAway(call.target)) throw this.#away(call, 'it is away');
    let result: T;
    try {
      result = await call.effect(signal);
    } catch (error) {
      this.#note(call, `refused: ${error instanceof HodeiError ? error.code : String(error)}`);
      throw error;
    }
    this.#note(call, fate.lose === 'answer' ? 'done, and the answer is lost' : 'done');
    if (fate.crash === 'after') return this.#die(call, 'after');
    if (fate.answerMs > 0) await scheduler.sleep(fate.answerMs);
    if (fate.lose === 'answer') throw this.#away(call, 'the answer was lost');
    return result;
  }

  #die(call: Call<unknown>, when: string): Promise<never> {
    // One call's fate does not kill who died of another one meanwhile.
    if (!this.#around.gate.isDead) this.#around.crash(`${when} ${call.name} ${call.subject ?? ''}`);
    return never();
  }

  #away(call: Call<unknown>, why: string): HodeiError {
    return new HodeiError(
      call.target === 'store' ? 'database_unavailable' : this.#around.engineFault,
      `${call.name}: ${why}`,
    );
  }

  #note(call: Call<unknown>, what: string): void {
    this.#around.trace.add(this.#around.who, `${call.name} ${call.subject ?? ''} ${what}`);
  }
}
