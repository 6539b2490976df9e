import type { HttpContext } from './http-context.ts';
import { toProblem } from './problem.ts';
import type { SseEvent } from './sse.ts';

/**
 * Events until they end, the client is gone, or this life of the server is over: then the stream ends, and the
 * client goes on elsewhere. What goes wrong is the last event.
 */
export async function* untilOver(
  http: HttpContext,
  over: AbortSignal,
  gone: AbortSignal,
  make: (signal: AbortSignal) => AsyncIterable<SseEvent>,
): AsyncGenerator<SseEvent> {
  const signal = AbortSignal.any([over, gone]);
  try {
    yield* make(signal);
  } catch (error) {
    if (signal.aborted) return;
    const problem = toProblem(error);
    if (problem.status >= 500) http.diagnostics.error('a stream has failed', { error });
    yield { event: 'problem', data: problem };
  }
}
