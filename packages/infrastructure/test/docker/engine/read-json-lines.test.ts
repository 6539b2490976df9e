import { describe, expect, test } from 'vitest';

import { readJsonLines } from '../../../src/docker/engine/read-json-lines.ts';
import { collect } from '../support/collect.ts';

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('lines of JSON', () => {
  test.each([1, 3, 1000])('arrive whole in chunks of %i bytes, without a final newline too', async (size) => {
    const bytes = new TextEncoder().encode('{"a":"ñ€😀"}\r\n\n{"b":2}');
    expect(await collect(readJsonLines(chunksOf(bytes, size)))).toEqual([{ a: 'ñ€😀' }, { b: 2 }]);
  });

  test('that are damaged are an error, not an end', async () => {
    await expect(collect(readJsonLines(chunksOf(new TextEncoder().encode('{"a":1}\n{"b"'), 5)))).rejects.toThrow(
      SyntaxError,
    );
  });
});
