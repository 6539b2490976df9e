import type { Gate } from './gate.ts';
import type { Scheduler } from './scheduler.ts';

/** What becomes of one event on its way: the delays, in milliseconds, after which it arrives; none: never. */
export type Arrivals = readonly number[];

/** Events as they arrive at an instance: some late, some twice, some never, and none while it is stopped. */
export async function* troubled<Event>(
  events: AsyncIterable<Event>,
  signal: AbortSignal,
  around: { readonly scheduler: Scheduler; readonly gate: Gate; readonly arrivalsOf: (event: Event) => Arrivals },
): AsyncGenerator<Event> {
  const { scheduler, gate, arrivalsOf } = around;
  const arrived: Event[] = [];
  let ended: { readonly error?: unknown } | undefined;
  let wake = (): void => undefined;
  const pump = async (): Promise<void> => {
    for await (const event of events) {
      for (const delayMs of arrivalsOf(event)) {
        scheduler.after(delayMs, () => {
          arrived.push(event);
          wake();
        });
      }
    }
  };
  pump().then(
    () => {
      ended = {};
      wake();
    },
    (error: unknown) => {
      ended = { error };
      wake();
    },
  );
  signal.addEventListener('abort', () => wake(), { once: true });
  while (!signal.aborted) {
    const event = arrived.shift();
    if (event !== undefined) {
      await gate.pass();
      yield event;
    } else if (ended !== undefined) {
      await gate.pass();
      if (ended.error !== undefined) throw ended.error as Error;
      return;
    } else {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
}
