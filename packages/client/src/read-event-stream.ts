/** One event of a `text/event-stream`. */
export interface ServerSentEvent {
  /** The last `id:` that was seen, also where this event has none of its own. */
  readonly id: string;
  /** `message` where the stream names none. */
  readonly event: string;
  readonly data: string;
}

/**
 * Reads server-sent events, as https://html.spec.whatwg.org/multipage/server-sent-events.html defines them. An
 * event that the stream's end cuts off is dropped, as the standard says: it is told again after a resume.
 */
export async function* readEventStream(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  let id = '';
  let event = '';
  let data: string[] = [];
  for await (const line of readLines(bytes)) {
    if (line === '') {
      if (data.length > 0) yield { id, event: event || 'message', data: data.join('\n') };
      event = '';
      data = [];
      continue;
    }
    const colon = line.indexOf(':');
    if (colon === 0) continue; // a comment, sent to keep the connection alive
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
  }
}

/** Lines, which may end with CR, LF or both. What follows the last line end is no line. */
async function* readLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = '';
  let skipNewline = false;
  for await (const chunk of bytes) {
    text += decoder.decode(chunk, { stream: true });
    let from = 0;
    for (;;) {
      if (skipNewline && from < text.length) {
        if (text[from] === '\n') from += 1;
        skipNewline = false;
      }
      const end = nextLineEnd(text, from);
      if (end === -1) break;
      yield text.slice(from, end);
      skipNewline = text[end] === '\r';
      from = end + 1;
    }
    text = text.slice(from);
  }
}

function nextLineEnd(text: string, from: number): number {
  const newline = text.indexOf('\n', from);
  const carriageReturn = text.indexOf('\r', from);
  if (newline === -1 || carriageReturn === -1) return Math.max(newline, carriageReturn);
  return Math.min(newline, carriageReturn);
}
