import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSecretMask } from '../../src/index.ts';

/** Masks a text that arrives in pieces of these sizes. */
function mask(text: string, secrets: readonly string[], sizes: readonly number[] = []): string {
  const bytes = new TextEncoder().encode(text);
  const masking = createSecretMask(secrets);
  const out: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    out.push(masking.push(bytes.subarray(at, at + size)));
    at += size;
  }
  out.push(masking.push(bytes.subarray(at)), masking.flush());
  return Buffer.concat(out).toString('latin1');
}

/** What has to come out, found the slow way: each byte of each occurrence of each secret is a star. */
function expected(text: string, secrets: readonly string[]): string {
  const bytes = Buffer.from(text);
  const stars = bytes.toString('latin1').split('');
  for (const secret of secrets) {
    const pattern = Buffer.from(secret);
    for (let at = bytes.indexOf(pattern); secret !== '' && at !== -1; at = bytes.indexOf(pattern, at + 1)) {
      stars.fill('*', at, at + pattern.length);
    }
  }
  return stars.join('');
}

// Few letters, so that secrets occur, overlap, contain and almost match each other all the time.
const anyText = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), maxLength: 40 });
const anySecret = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), maxLength: 6 });
const anySizes = fc.array(fc.nat(5), { maxLength: 30 });

describe('a secret mask', () => {
  test('hides each byte of each secret, wherever the output is cut', () => {
    fc.assert(
      fc.property(anyText, fc.array(anySecret, { maxLength: 4 }), anySizes, (text, secrets, sizes) => {
        expect(mask(text, secrets, sizes)).toBe(expected(text, secrets));
      }),
      { numRuns: 2000 },
    );
  });

  test('keeps every offset', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.array(fc.string({ unit: 'binary' })),
        anySizes,
        (text, secrets, sizes) => {
          expect(mask(text, secrets, sizes)).toHaveLength(Buffer.byteLength(text));
        },
      ),
    );
  });

  test('goes on in the middle of the output, where it is shown as much of what came before as it asks for', () => {
    fc.assert(
      fc.property(anyText, fc.array(anySecret, { maxLength: 4 }), fc.nat(40), (text, secrets, cut) => {
        const bytes = Buffer.from(text);
        const offset = Math.min(cut, bytes.length);
        const resumed = createSecretMask(secrets);
        const start = Math.max(0, offset - resumed.lookbehindBytes);
        const out = Buffer.concat([resumed.push(bytes.subarray(start)), resumed.flush()]);
        expect(out.subarray(offset - start).toString('latin1')).toBe(expected(text, secrets).slice(offset));
      }),
    );
  });

  test('hides each byte of a secret that bytes are missing of, at whichever side', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('x', 'y'), maxLength: 8 }),
        fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 2, maxLength: 6 }),
        fc.nat(),
        fc.nat(),
        anySizes,
        (around, secret, cutA, cutB, sizes) => {
          const [from, to] = [cutA % (secret.length + 1), cutB % (secret.length + 1)].toSorted((a, b) => a - b);
          const before = Buffer.from(around + secret.slice(0, from));
          const after = Buffer.from(secret.slice(to) + around + secret);
          const masking = createSecretMask([secret]);
          const out: Uint8Array[] = [];
          const pushAll = (bytes: Buffer): void => {
            let at = 0;
            for (const size of sizes) {
              out.push(masking.push(bytes.subarray(at, at + size)));
              at += size;
            }
            out.push(masking.push(bytes.subarray(at)));
          };
          pushAll(before);
          out.push(masking.gap());
          expect(Buffer.concat(out)).toHaveLength(before.length);
          pushAll(after);
          out.push(masking.flush());
          const text = Buffer.concat(out).toString();
          expect(text).toBe(
            around + '*'.repeat((from ?? 0) + secret.length - (to ?? 0)) + around + '*'.repeat(secret.length),
          );
        },
      ),
    );
  });

  test('hides a secret that arrives byte by byte', () => {
    expect(
      mask(
        'a s3cret b',
        ['s3cret'],
        Array.from({ length: 10 }, () => 1),
      ),
    ).toBe('a ****** b');
  });

  test('hides overlapping secrets and a secret within another', () => {
    expect(mask('xabcdx', ['abc', 'bcd'], [3])).toBe('x****x');
    expect(mask('xabcdx xbcx', ['abcd', 'bc'], [3])).toBe('x****x x**x');
    expect(mask('aaaaa', ['aa'], [1, 1])).toBe('*****');
  });

  test('lets through what only began like a secret', () => {
    expect(mask('s3cre s3cres', ['s3cret'], [3, 4])).toBe('s3cre s3cres');
  });

  test('gives out at once what can be no beginning of a secret', () => {
    const masking = createSecretMask(['s3cret']);
    expect(Buffer.from(masking.push(Buffer.from('hello s3'))).toString()).toBe('hello ');
    expect(Buffer.from(masking.push(Buffer.from('x'))).toString()).toBe('s3x');
  });

  test('hides each line of a secret of several lines, very short ones aside', () => {
    const key = 'BEGIN KEY\nabcdefgh\r\nxy\n';
    expect(mask('> abcdefgh <', [key])).toBe('> ******** <');
    expect(mask('> xy <', [key])).toBe('> xy <');
    expect(mask(key, [key])).toBe('*'.repeat(key.length));
  });

  test('changes nothing where there is no secret, or an empty one', () => {
    expect(mask('text', [])).toBe('text');
    expect(mask('text', [''], [2])).toBe('text');
  });
});
