import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createOrderReader, launchMarker, type JobEnd, type LaunchVerdict } from '../../src/index.ts';

const NONCE = '0123456789abcdef0123456789abcdef';
const OTHER = 'f'.repeat(32);

const launched = (nonce: string): string => `${launchMarker(nonce, 'launched')}\n`;
const ended = (nonce: string, how = '0:clean'): string => `\u001ehodei:${nonce}:ended:${how}\u001e\n`;
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

interface Read {
  readonly output: string;
  readonly verdict: LaunchVerdict | undefined;
  readonly end: JobEnd | undefined;
}

/** Reads a stream that arrives in pieces of these sizes. */
function read(stream: string, sizes: readonly number[], nonce: string | undefined = NONCE): Read {
  const reader = createOrderReader(nonce);
  const bytes = Buffer.from(stream, 'latin1');
  const out: Uint8Array[] = [];
  let at = 0;
  for (const size of [...sizes, bytes.length]) {
    out.push(reader.push(bytes.subarray(at, at + size)));
    at += size;
  }
  out.push(reader.flush());
  return { output: latin1(Buffer.concat(out)), verdict: reader.verdict, end: reader.end };
}

/** Bytes that are all trouble: pieces of markers, also of this very nonce, but for a whole end marker. */
const piece = fc.oneof(
  fc.uint8Array({ maxLength: 20 }).map(latin1),
  fc.constantFrom(
    '\u001e',
    '\n',
    '\u001ehodei:',
    `\u001ehodei:${NONCE}`,
    `\u001ehodei:${NONCE}:ended:0:cle`,
    `\u001ehodei:${NONCE}:ended:0:dirty\u001e`,
    launched(NONCE),
    launched(OTHER),
    ended(OTHER),
    'x'.repeat(300),
  ),
);
const job = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
const sizes = fc.array(fc.nat(60), { maxLength: 30 });

describe('an order reader', () => {
  test('lets through the bytes of its job, and only them, wherever the stream is cut', () => {
    const property = fc.property(job, job, sizes, (others, own, cuts) => {
      const before = launched(OTHER) + others.replaceAll(NONCE, OTHER) + ended(OTHER);
      const stream = `${before}${launched(NONCE)}${own}${ended(NONCE, '7:unclean')}behind it${ended(OTHER)}`;
      expect(read(stream, cuts)).toEqual({
        output: own,
        verdict: 'launched',
        end: { exitCode: 7, condition: 'unclean' },
      });
    });
    fc.assert(property, { numRuns: 500 });
  });

  test('lets through all there is of a job that has not ended', () => {
    const property = fc.property(job, sizes, (own, cuts) => {
      expect(read(launched(NONCE) + own, cuts)).toEqual({ output: own, verdict: 'launched', end: undefined });
    });
    fc.assert(property);
  });

  test('holds back no more than what may be a marker', () => {
    const reader = createOrderReader(NONCE);
    const push = (text: string): string => latin1(reader.push(Buffer.from(text, 'latin1')));
    expect([push(launched(NONCE)), push('text\u001e'), push('hod'), push('\u001ehodei:'), push('x')]).toEqual([
      '',
      'text',
      '',
      '\u001ehod',
      '\u001ehodei:x',
    ]);
  });

  test('knows a refused order by its end, on both streams', () => {
    const stdout = `${launchMarker(NONCE, 'command-not-found')}\n${ended(NONCE, '127:clean')}`;
    const end = { exitCode: 127, condition: 'clean' };
    expect(read(stdout, [])).toEqual({ output: '', verdict: 'command-not-found', end });
    expect(read(ended(OTHER) + ended(NONCE, '127:clean'), [])).toEqual({ output: '', verdict: undefined, end });
  });

  test('knows nothing of an order that it does not find', () => {
    const stream = `${launched(OTHER)}text${ended(OTHER)}`;
    expect(read(stream, [3, 50])).toEqual({ output: '', verdict: undefined, end: undefined });
  });

  test('brings the output of all jobs where no nonce is given', () => {
    const property = fc.property(sizes, (cuts) => {
      const reader = createOrderReader();
      const refused = `${launchMarker(OTHER, 'workdir-not-found')}\n${ended(OTHER, '125:clean')}`;
      const stream = `${launched(NONCE)}one${ended(NONCE)}${refused}${launched(OTHER)}two\n${ended(OTHER)}`;
      const bytes = Buffer.from(stream, 'latin1');
      let at = 0;
      let output = '';
      for (const size of [...cuts, bytes.length]) {
        output += latin1(reader.push(bytes.subarray(at, at + size)));
        at += size;
      }
      expect(output).toBe('onetwo\n');
    });
    fc.assert(property);
  });
});
