import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readEventStream, type ServerSentEvent } from '../src/read-event-stream.ts';

async function* pieces(text: string, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let from = 0;
  for (let index = 0; from < bytes.length; index += 1) {
    const size = sizes.length === 0 ? bytes.length : (sizes[index % sizes.length] ?? 1);
    yield bytes.subarray(from, from + size);
    from += size;
  }
}

const read = async (text: string, sizes: readonly number[] = []): Promise<readonly ServerSentEvent[]> => {
  const events: ServerSentEvent[] = [];
  for await (const event of readEventStream(pieces(text, sizes))) events.push(event);
  return events;
};

describe('an event stream', () => {
  it('gives events with their names, ids and joined data', async () => {
    expect(await read('id: 7\nevent: output\ndata: a\ndata: b\n\ndata: c\n\n')).toEqual([
      { id: '7', event: 'output', data: 'a\nb' },
      { id: '7', event: 'message', data: 'c' },
    ]);
  });

  it('skips comments, and events without data', async () => {
    expect(await read(': alive\n\nevent: nothing\n\ndata\n\n')).toEqual([{ id: '', event: 'message', data: '' }]);
  });

  it('drops an event that the end cuts off', async () => {
    expect(await read('data: whole\n\ndata: half\n')).toHaveLength(1);
  });

  it('is the same however it is cut into pieces, and whatever ends its lines', async () => {
    const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(/[\r\n\0]/g, '.'));
    const event = fc.record({ id: line, name: line, data: fc.array(line, { minLength: 1, maxLength: 3 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 5 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        async (events, newline, sizes) => {
          const text = events
            .map(({ id, name, data }) =>
              [`id: ${id}`, `event: ${name}`, ...data.map((part) => `data: ${part}`), '', ''].join(newline),
            )
            .join('');
          const expected = events.map(({ id, name, data }) => ({
            id,
            event: name || 'message',
            data: data.join('\n'),
          }));
          expect(await read(text, sizes)).toEqual(expected);
        },
      ),
      { numRuns: 200 },
    );
  });
});
