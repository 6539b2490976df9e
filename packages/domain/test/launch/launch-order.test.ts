import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  assertLaunchable,
  aheadOf,
  encodeLaunchOrder,
  GO_LINE,
  HodeiError,
  launchMarker,
  MAX_ARGUMENT_BYTES,
  MAX_MARKER_BYTES,
  MAX_ORDER_BYTES,
  parseLaunchMarker,
  quoteForShell,
  type LaunchOrder,
  type LaunchVerdict,
} from '../../src/index.ts';

const NONCE = '0123456789abcdef0123456789abcdef';
const VERDICTS: readonly LaunchVerdict[] = [
  'launched',
  'command-not-found',
  'command-not-executable',
  'workdir-not-found',
];

const order = (parts: Partial<LaunchOrder> = {}): LaunchOrder => ({
  nonce: NONCE,
  argv: ['true'],
  env: {},
  secrets: {},
  ...parts,
});

const expectRefused = (parts: Partial<LaunchOrder>, code: string, field?: string): void => {
  const refusal = expect.objectContaining({
    code,
    ...(field === undefined ? {} : { details: expect.objectContaining({ field }) as unknown }),
  }) as Error;
  expect(() => encodeLaunchOrder(order(parts))).toThrow(refusal);
};

describe('a launch order', () => {
  test('is one line and the word that makes it valid, and the same each time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }),
        fc.string({ unit: 'grapheme' }),
        (words, value) => {
          const given = order({
            argv: ['true', ...words],
            env: { A: value },
            secrets: { B: value },
            workdir: `/${value}`,
          });
          const clean = JSON.parse(JSON.stringify(given).replaceAll(String.raw`\u0000`, '')) as LaunchOrder;
          const line = encodeLaunchOrder(clean);
          expect(line.indexOf('\n')).toBe(line.length - 1 - GO_LINE.length);
          expect(`${aheadOf(line)}${GO_LINE}`).toBe(line);
          expect(encodeLaunchOrder(clean)).toBe(line);
        },
      ),
    );
  });

  test('refuses a NUL byte, wherever it is, and names the place', () => {
    expectRefused({ argv: ['a\0b'] }, 'invalid_input', 'command');
    expectRefused({ argv: ['true', 'a\0b'] }, 'invalid_input', 'command');
    expectRefused({ env: { A: '\0' } }, 'invalid_input', 'env');
    expectRefused({ env: { 'A\0': 'x' } }, 'invalid_input', 'env');
    expectRefused({ secrets: { A: '\0' } }, 'invalid_input', 'secrets');
    expectRefused({ workdir: '/\0' }, 'invalid_input', 'workdir');
  });

  test('refuses half of a surrogate pair, which is not text', () => {
    for (const half of ['\ud83d', '\ude00', 'a\ud83d b']) {
      expectRefused({ argv: ['true', half] }, 'invalid_input', 'command');
      expectRefused({ env: { A: half } }, 'invalid_input', 'env');
      expectRefused({ env: { [half]: 'x' } }, 'invalid_input', 'env');
      expectRefused({ workdir: `/${half}` }, 'invalid_input', 'workdir');
    }
  });

  test('refuses a command that is none', () => {
    expectRefused({ argv: [] }, 'invalid_input');
    expectRefused({ argv: [''] }, 'invalid_input', 'command');
  });

  test('refuses what can not name a variable, and does not tell what may be its value', () => {
    expectRefused({ env: { '': 'x' } }, 'invalid_input', 'env');
    expectRefused({ secrets: { 'TOKEN=s3cret': '' } }, 'invalid_input', 'secrets');
    expect(() => encodeLaunchOrder(order({ secrets: { 'TOKEN=s3cret': '' } }))).not.toThrow('s3cret');
  });

  test('refuses a working directory that is not absolute', () => {
    for (const workdir of ['', 'tmp', './tmp', '~']) expectRefused({ workdir }, 'invalid_input', 'workdir');
  });

  test('refuses a program with "=" in its name together with a variable that only env(1) can set', () => {
    encodeLaunchOrder(order({ argv: ['a=b'], env: { A: 'x' } }));
    encodeLaunchOrder(order({ argv: ['a', 'b=c'], env: { 'my.var': 'x' } }));
    expectRefused({ argv: ['a=b'], env: { 'my.var': 'x' } }, 'invalid_input', 'command');
    expectRefused({ argv: ['/a=b'], secrets: { PWD: 'x' } }, 'invalid_input', 'command');
  });

  test('refuses more than a process can be given', () => {
    const most = 'x'.repeat(MAX_ARGUMENT_BYTES);
    encodeLaunchOrder(order({ argv: ['true', most] }));
    expectRefused({ argv: ['true', `${most}x`] }, 'limit_exceeded', 'command');
    expectRefused({ env: { A: most } }, 'limit_exceeded', 'env');
    expectRefused({ secrets: { A: most } }, 'limit_exceeded', 'secrets');
    expectRefused({ argv: ['true', 'é'.repeat(MAX_ARGUMENT_BYTES / 2 + 1)] }, 'limit_exceeded', 'command');
  });

  test('refuses more than one line can hold', () => {
    const half = 'x'.repeat(MAX_ORDER_BYTES / 2 - 1);
    expectRefused({ argv: ['true', half, half] }, 'limit_exceeded', 'command');
    // Quoting makes four bytes of one.
    expectRefused({ argv: ['true', "'".repeat(MAX_ORDER_BYTES / 4)] }, 'limit_exceeded');
  });

  test('may be checked before there is a command, for an image that brings its own', () => {
    expect(() => assertLaunchable({ argv: [], env: { A: 'x' } })).not.toThrow();
  });

  test('never has a value in its errors', () => {
    const value = `s3cret-${'x'.repeat(MAX_ARGUMENT_BYTES)}`;
    for (const bad of [value, 's3cret\0', 's3cret\ud83d']) {
      for (const parts of [{ argv: ['true', bad] }, { env: { A: bad } }, { secrets: { A: bad } }]) {
        expect(() => encodeLaunchOrder(order(parts))).toThrow(HodeiError);
        expect(() => encodeLaunchOrder(order(parts))).not.toThrow('s3cret');
      }
    }
  });
});

describe('a launch marker', () => {
  test.for(VERDICTS)('is read back: %s', (verdict) => {
    const line = launchMarker(NONCE, verdict);
    expect(parseLaunchMarker(line)).toEqual({ nonce: NONCE, verdict });
    expect(Buffer.byteLength(`${line}\n`)).toBeLessThanOrEqual(MAX_MARKER_BYTES);
  });

  test('is nothing else', () => {
    const line = launchMarker(NONCE, 'launched');
    for (const other of [
      '',
      line.slice(1),
      `${line} `,
      ` ${line}`,
      `${line}\n`,
      line.toUpperCase(),
      line.replace('launched', 'landed'),
    ]) {
      expect(parseLaunchMarker(other)).toBeUndefined();
    }
  });
});

test('a quoted word is one word in single quotes, without a newline of its own', () => {
  expect(quoteForShell('', 'x')).toBe("''");
  expect(quoteForShell("it's", 'x')).toBe(String.raw`'it'\''s'`);
  expect(quoteForShell('a\nb', 'x')).toBe(`'a'"$_hodei_nl"'b'`);
});
