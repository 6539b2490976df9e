/** One server-sent event. */
export interface SseEvent {
  readonly event: string;
  /** What `Last-Event-ID` says to go on after this one. */
  readonly id?: string;
  readonly data: unknown;
}

export const SSE_TYPE = 'text/event-stream';

/** How soon a client that was cut off comes back, in milliseconds. */
const RETRY_MS = 1000;

/** JSON has no line breaks outside of strings, and escapes them inside: one line of data always. */
const encode = ({ event, id, data }: SseEvent): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/** Events as they go over the wire; a comment whenever there was none for a while. */
export async function* toSse(events: AsyncIterable<SseEvent>, heartbeatMs: number): AsyncGenerator<string> {
  const iterator = events[Symbol.asyncIterator]();
  yield `retry: ${RETRY_MS}\n\n`;
  try {
    for (;;) {
      const next = iterator.next();
      for (;;) {
        const result = await orAfter(next, heartbeatMs);
        if (result === undefined) yield ': still here\n\n';
        else if (result.done === true) return;
        else {
          yield encode(result.value);
          break;
        }
      }
    }
  } finally {
    await iterator.return?.();
  }
}

/** What the promise resolves with, or nothing after a time. */
async function orAfter<T>(promise: Promise<T>, durationMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), durationMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
