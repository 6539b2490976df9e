import { request, type IncomingMessage } from 'node:http';

/** One server-sent event as a client gets it. */
export interface ReceivedEvent {
  readonly id?: string;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An open stream of server-sent events. */
export interface SseStream extends AsyncIterable<ReceivedEvent> {
  readonly response: IncomingMessage;
  /** How many comments came. */
  comments(): number;
  close(): void;
}

/** Asks for a stream. @throws where the answer is none; with the status and the body. */
export async function openSse(url: string, lastEventId?: string): Promise<SseStream> {
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { headers, agent: false }, resolve).once('error', reject).end();
  });
  let comments = 0;
  async function* events(): AsyncGenerator<ReceivedEvent> {
    let rest = '';
    response.setEncoding('utf8');
    for await (const text of response as AsyncIterable<string>) {
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        if (block.startsWith(':')) comments += 1;
        const fields: Partial<Record<string, string>> = Object.fromEntries(
          block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
        );
        const { id, event, data } = fields;
        if (event === undefined || data === undefined) continue;
        yield { event, data: JSON.parse(data) as ReceivedEvent['data'], ...(id === undefined ? {} : { id }) };
      }
    }
  }
  if (response.statusCode !== 200) {
    const body = await response.setEncoding('utf8').toArray();
    throw new Error(`${response.statusCode}: ${body.join('')}`);
  }
  return {
    response,
    comments: () => comments,
    close: () => response.destroy(),
    [Symbol.asyncIterator]: events,
  };
}
