import { describe, expect, test } from 'vitest';
import { ERROR_CODES, HodeiError, isHodeiError, toHodeiError, type ErrorCode } from '../src/index.ts';

const CODES = Object.keys(ERROR_CODES) as readonly ErrorCode[];

describe('HodeiError', () => {
  test.for(CODES)('%s knows whether to try again', (code) => {
    const error = new HodeiError(code, 'words');
    expect(error).toMatchObject({
      name: 'HodeiError',
      code,
      message: 'words',
      retryable: ERROR_CODES[code].retryable,
      details: {},
    });
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toHaveProperty('cause');
  });

  test('keeps what caused it', () => {
    const cause = new Error('the library said no');
    expect(new HodeiError('internal', 'words', { cause, details: { field: 'x' } })).toMatchObject({
      cause,
      details: { field: 'x' },
    });
  });
});

describe('isHodeiError', () => {
  test('knows its own, and their codes', () => {
    const error = new HodeiError('not_found', 'words');
    expect([
      isHodeiError(error),
      isHodeiError(error, 'not_found'),
      isHodeiError(error, 'conflict', 'not_found'),
    ]).toEqual([true, true, true]);
    expect(isHodeiError(error, 'conflict')).toBe(false);
  });

  test('knows one of another copy of this package', () => {
    const other = Object.assign(new Error('words'), { code: 'conflict', [Symbol.for('hodei.error')]: true });
    expect(isHodeiError(other, 'conflict')).toBe(true);
  });

  test('takes nothing else for one', () => {
    for (const other of [undefined, null, 'not_found', 1, {}, new Error('x'), { code: 'not_found' }]) {
      expect(isHodeiError(other)).toBe(false);
    }
  });
});

describe('toHodeiError', () => {
  test('leaves one as it is', () => {
    const error = new HodeiError('not_found', 'words');
    expect(toHodeiError(error)).toBe(error);
  });

  test('wraps anything else as internal, with the original as its cause', () => {
    const cause = new TypeError('x is not a function');
    expect(toHodeiError(cause)).toMatchObject({ code: 'internal', message: 'x is not a function', cause });
    expect(toHodeiError('words')).toMatchObject({ code: 'internal', message: 'words', cause: 'words' });
  });
});
