import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { readFrames, type Frame } from '../../../src/docker/output/read-frames.ts';

const frame = (type: number, payload: Uint8Array): Buffer => {
  const header = Buffer.alloc(8);
  header[0] = type;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
};

async function* inPieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function all(source: AsyncIterable<Uint8Array>): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const batch of readFrames(source)) frames.push(...batch);
  return frames;
}

describe('the multiplexed stream of the engine', () => {
  test('is taken apart the same, however it arrives', async () => {
    const payloads = fc.array(fc.record({ type: fc.constantFrom(1, 2), payload: fc.uint8Array({ maxLength: 40 }) }), {
      maxLength: 12,
    });
    const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(payloads, sizes, async (frames, pieces) => {
        const bytes = Buffer.concat(frames.map(({ type, payload }) => frame(type, payload)));
        const read = await all(inPieces(bytes, pieces));
        expect(read.map(({ stream, bytes: each }) => [stream, [...each]])).toEqual(
          frames.map(({ type, payload }) => [type === 1 ? 'stdout' : 'stderr', [...payload]]),
        );
      }),
    );
  });

  test('that ends in the middle of a message is an error', async () => {
    const bytes = frame(1, Buffer.from('whole'));
    await expect(all(inPieces(bytes.subarray(0, -1), [100]))).rejects.toMatchObject({ code: 'provider_unavailable' });
    await expect(all(inPieces(bytes.subarray(0, 3), [100]))).rejects.toMatchObject({ code: 'provider_unavailable' });
  });

  test('in which the engine reports an error is an error', async () => {
    const bytes = Buffer.concat([
      frame(1, Buffer.from('some')),
      frame(3, Buffer.from('Error grabbing logs: unexpected EOF\n')),
    ]);
    await expect(all(inPieces(bytes, [7]))).rejects.toMatchObject({
      code: 'provider_unavailable',
      message: expect.stringContaining('unexpected EOF') as string,
    });
  });

  test('that is none is an error, and nothing is waited for in vain', async () => {
    await expect(all(inPieces(frame(9, Buffer.from('x')), [100]))).rejects.toMatchObject({ code: 'internal' });
    await expect(all(inPieces(Buffer.from('plain text of a terminal'), [100]))).rejects.toMatchObject({
      code: 'internal',
    });
  });
});
