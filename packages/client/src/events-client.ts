import { HodeiClientError } from './hodei-client-error.ts';
import type { HttpTransport } from './http-transport.ts';
import type { Moment } from './job.ts';
import { resumeEvents } from './resume-events.ts';

/** Something that happened in the installation. */
export interface HistoryEvent {
  /** A place to go on from: give it as `after`. */
  readonly seq: number;
  readonly at: Moment;
  /** The subject and what became of it, like `job.running`. */
  readonly kind: string;
  readonly jobId?: string;
  readonly workerId?: string;
  readonly providerId?: string;
  readonly data: Readonly<Record<string, string | number | boolean | null>>;
}

/** Which events to follow. */
export interface EventQuery {
  /** Begins after this one (0: with the first there is); absent: from now on. */
  readonly after?: number;
  readonly jobId?: string;
  readonly workerId?: string;
  readonly providerId?: string;
  readonly signal?: AbortSignal;
}

/** What happens. Everything throws HodeiClientError, or the reason of a signal that aborted. */
export class EventsClient {
  readonly #http: HttpTransport;

  constructor(http: HttpTransport) {
    this.#http = http;
  }

  /**
   * What happens, each event once and in order, until the signal aborts: also where the connection breaks off or the
   * server is another one meanwhile.
   */
  async *follow(query: EventQuery = {}): AsyncGenerator<HistoryEvent> {
    const { signal, ...rest } = query;
    const open = (lastId: string | undefined): Promise<Response> =>
      this.#http.send({
        path: '/v1/events',
        query: { ...rest },
        headers: { accept: 'text/event-stream', ...(lastId === undefined ? {} : { 'last-event-id': lastId }) },
        ...(signal === undefined ? {} : { signal }),
      });
    for await (const { event, data } of resumeEvents(open, { isLast: () => false, signal }))
      if (event === 'history') yield historyEvent(data);
  }
}

function historyEvent(data: string): HistoryEvent {
  try {
    return JSON.parse(data) as HistoryEvent;
  } catch (cause) {
    throw new HodeiClientError('unexpected_answer', 'an event of the history is malformed', {
      cause,
      retryable: false,
    });
  }
}
