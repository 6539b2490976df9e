import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLaunchReader, launchMarker, type LaunchVerdict } from '../../src/index.ts';

const NONCE = '0123456789abcdef0123456789abcdef';
const OTHER = 'f'.repeat(32);

/** Reads bytes that arrive in pieces of these sizes. */
function read(bytes: Uint8Array, sizes: readonly number[]): { output: string; verdict: LaunchVerdict | undefined } {
  const reader = createLaunchReader(NONCE);
  const out: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    out.push(reader.push(bytes.subarray(at, at + size)));
    at += size;
  }
  out.push(reader.push(bytes.subarray(at)), reader.flush());
  return { output: Buffer.concat(out).toString('latin1'), verdict: reader.verdict };
}

const anyBytes = fc.uint8Array({ maxLength: 200 });
const anySizes = fc.array(fc.nat(40), { maxLength: 20 });
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

describe('a launch reader', () => {
  test('takes the marker off, and nothing else, wherever the output is cut', () => {
    fc.assert(
      fc.property(anyBytes, anySizes, (job, sizes) => {
        const all = Buffer.concat([Buffer.from(`${launchMarker(NONCE, 'launched')}\n`), job]);
        expect(read(all, sizes)).toEqual({ output: latin1(job), verdict: 'launched' });
      }),
    );
  });

  test('lets everything through that has no marker', () => {
    fc.assert(
      fc.property(anyBytes, anySizes, (job, sizes) => {
        expect(read(job, sizes)).toEqual({ output: latin1(job), verdict: undefined });
      }),
    );
  });

  test.for([
    ['the marker of another attempt', `${launchMarker(OTHER, 'launched')}\n`],
    ['a marker that is not the first line', `hello\n${launchMarker(NONCE, 'launched')}\n`],
    ['a marker without its end', launchMarker(NONCE, 'launched')],
    ['a marker with more behind it', `${launchMarker(NONCE, 'launched')} \n`],
  ] as const)('takes %s for output', ([, text]) => {
    expect(read(Buffer.from(text), [3])).toEqual({ output: text, verdict: undefined });
  });

  test('takes only one marker off: a job that writes one has it in its output', () => {
    const marker = `${launchMarker(NONCE, 'launched')}\n`;
    expect(read(Buffer.from(marker + marker), [])).toEqual({ output: marker, verdict: 'launched' });
  });

  test('tells why the job did not begin', () => {
    expect(read(Buffer.from(`${launchMarker(NONCE, 'command-not-found')}\n`), []).verdict).toBe('command-not-found');
  });

  test('knows the verdict as soon as the line is there', () => {
    const reader = createLaunchReader(NONCE);
    reader.push(Buffer.from(launchMarker(NONCE, 'launched')));
    expect(reader.verdict).toBeUndefined();
    reader.push(Buffer.from('\n'));
    expect(reader.verdict).toBe('launched');
  });
});
