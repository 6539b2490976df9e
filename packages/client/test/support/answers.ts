import { HodeiClient } from '../../src/index.ts';

export type Answer = (request: { readonly url: URL; readonly init: RequestInit }) => Response | Promise<Response>;

/** A client whose requests get these answers, one after another, and the requests themselves. */
export function clientThatGets(...answers: readonly Answer[]): {
  readonly client: HodeiClient;
  readonly requests: { readonly url: URL; readonly init: RequestInit }[];
} {
  const requests: { readonly url: URL; readonly init: RequestInit }[] = [];
  const client = new HodeiClient({
    baseUrl: 'http://server.test/hodei/',
    token: 'secret',
    fetch: async (input, init = {}) => {
      const request = { url: new URL(input instanceof Request ? input.url : input), init };
      const answer = answers[requests.length];
      requests.push(request);
      if (answer === undefined) throw new TypeError('one request more than there are answers');
      return answer(request);
    },
  });
  return { client, requests };
}

export const json = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status });
export const breaksOff: Answer = () =>
  Promise.reject(new TypeError('fetch failed', { cause: new Error('ECONNRESET') }));
export const header = (init: RequestInit | undefined, name: string): string | null =>
  new Headers(init?.headers).get(name);

/** An event stream whose connection breaks after its last event. */
export const events = (text: string, end: 'ends' | 'breaks' = 'ends'): Response => {
  let sent = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (!sent) controller.enqueue(new TextEncoder().encode(text));
      else if (end === 'ends') controller.close();
      else controller.error(new TypeError('terminated'));
      sent = true;
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
};

export const output = (id: number, text: string): string =>
  `id: ${id}\nevent: output\ndata: ${JSON.stringify({ attemptId: 'a', stream: 'stdout', offset: 0, at: '2026-01-01T00:00:00.000Z', base64: btoa(text) })}\n\n`;
