import { HodeiClientError, isHodeiClientError, parseProblem } from './hodei-client-error.ts';
import { pause } from './pause.ts';
import { readEventStream, type ServerSentEvent } from './read-event-stream.ts';

/** How often a stream that gives nothing is opened again before this is an error. */
const MAX_TRIES = 8;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

/**
 * The events of a stream, and of those that follow it: where the connection breaks off, or the server ends, it is
 * opened again after the last event that was seen. It ends after the event that `isLast` names; an event `problem`
 * is thrown.
 *
 * @param open gives the answer's body, from after this id (`undefined`: from where the caller began).
 * @throws HodeiClientError what is not worth another try, or went wrong too often in a row; the signal's reason.
 */
export async function* resumeEvents(
  open: (afterId: string | undefined) => Promise<Response>,
  options: {
    readonly isLast: (event: ServerSentEvent) => boolean;
    /** Whether the stream is over when the server ends it, also without a last event. */
    readonly endsWithAnswer?: boolean;
    readonly signal?: AbortSignal | undefined;
  },
): AsyncGenerator<ServerSentEvent> {
  const { isLast, endsWithAnswer = false, signal } = options;
  let lastId: string | undefined;
  for (let tries = 0; ; tries += 1) {
    try {
      const { body } = await open(lastId);
      if (body !== null) {
        for await (const event of readEventStream(body)) {
          if (event.id !== '') lastId = event.id;
          if (event.event === 'problem') throw problemOf(event);
          tries = 0;
          yield event;
          if (isLast(event)) return;
        }
      }
      if (endsWithAnswer) return;
    } catch (cause) {
      signal?.throwIfAborted();
      if (isHodeiClientError(cause) && !cause.retryable) throw cause;
      if (tries >= MAX_TRIES) throw brokenOff(cause);
    }
    if (tries >= MAX_TRIES) throw brokenOff();
    await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries), signal);
  }
}

const brokenOff = (cause?: unknown): HodeiClientError =>
  isHodeiClientError(cause)
    ? cause
    : new HodeiClientError('server_unavailable', 'the stream of events broke off again and again', {
        cause,
        retryable: true,
      });

function problemOf({ data }: ServerSentEvent): HodeiClientError {
  const problem = parseProblem(data);
  return new HodeiClientError(problem?.code ?? 'unexpected_answer', problem?.detail ?? 'the stream has failed', {
    ...(problem === undefined ? {} : { problem }),
    ...(problem?.status === undefined ? {} : { status: problem.status }),
    retryable: problem?.['retryable'] === true,
  });
}
