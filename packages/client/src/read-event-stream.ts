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

/**
 * Lines, which may end with CR, LF or both. What follows the last line end is no line. A line that comes in many pieces
 * is looked at once, and put together once: one of a megabyte is common where a job writes much.
 */
async function* readLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let begun: string[] = [];
  let skipNewline = false;
  for await (const chunk of bytes) {
    const text = decoder.decode(chunk, { stream: true });
    let from = 0;
    // Where the next of each is: only looked for again once it was passed.
    let newline = -2;
    let carriageReturn = -2;
    if (skipNewline && text !== '') {
      if (text.startsWith('\n')) from = 1;
      skipNewline = false;
    }
    for (;;) {
      if (newline !== -1 && newline < from) newline = text.indexOf('\n', from);
      if (carriageReturn !== -1 && carriageReturn < from) carriageReturn = text.indexOf('\r', from);
      if (newline === -1 && carriageReturn === -1) break;
      const isReturn = carriageReturn !== -1 && (newline === -1 || carriageReturn < newline);
      const end = isReturn ? carriageReturn : newline;
      begun.push(text.slice(from, end));
      yield begun.length === 1 ? (begun[0] ?? '') : begun.join('');
      begun = [];
      from = end + 1;
      if (!isReturn) continue;
      if (from === text.length) skipNewline = true;
      else if (newline === from) from += 1;
    }
    if (from < text.length) begun.push(text.slice(from));
  }
}
