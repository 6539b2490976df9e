import { describe, expect, test } from 'vitest';

import { parseChoice } from '../src/options/parse-choice.ts';
import { parseDuration } from '../src/options/parse-duration.ts';
import { parseCpu, parseWhole } from '../src/options/parse-number.ts';
import { parseEnv, parseLabels, parseSecrets } from '../src/options/parse-pairs.ts';
import { parseSince } from '../src/options/parse-since.ts';
import { parseSize } from '../src/options/parse-size.ts';

const invalid = (words: RegExp) =>
  expect.objectContaining({ code: 'invalid_input', message: expect.stringMatching(words) });

describe('an amount of memory', () => {
  test.each([
    ['256m', 256 * 1024 ** 2],
    ['1g', 1024 ** 3],
    ['512KiB', 512 * 1024],
    ['1.5G', 1.5 * 1024 ** 3],
    ['2MB', 2 * 1024 ** 2],
    ['1048576', 1048576],
    ['100b', 100],
    ['1t', 1024 ** 4],
  ])('%s is read as docker run reads it', (text, bytes) => {
    expect(parseSize('--memory', text)).toBe(bytes);
  });

  test.each([
    '',
    '-5m',
    '0',
    '0m',
    '5x',
    'm',
    '1e9',
    '1_000',
    'lots',
    '256 m b',
    '0.0001',
    '9999999999999t',
    'NaN',
    'Infinity',
  ])('"%s" is refused, with what would be right', (text) => {
    expect(() => parseSize('--memory', text)).toThrow(invalid(/^--memory: .*256m, 512KiB or 1\.5g/));
  });
});

describe('a duration', () => {
  test.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['10m', 600_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['2d', 172_800_000],
  ])('%s is read', (text, ms) => {
    expect(parseDuration('--timeout', text)).toBe(ms);
  });

  test('without a unit is refused, because nobody knows which was meant', () => {
    expect(() => parseDuration('--timeout', '30')).toThrow(invalid(/^--timeout: "30" has no unit; give .*30s/));
  });

  test.each(['', '0s', '-1s', '10 m', 'm', '10q', '1h30', 'soon', '9999999999999999d'])('"%s" is refused', (text) => {
    expect(() => parseDuration('--timeout', text)).toThrow(invalid(/^--timeout: .*1h30m/));
  });
});

describe('a number', () => {
  test('of cores may be a fraction', () => {
    expect([parseCpu('--cpu', '0.5'), parseCpu('--cpu', '.25'), parseCpu('--cpu', '4')]).toEqual([0.5, 0.25, 4]);
  });

  test.each(['0', '-1', 'two', '', '1e3', 'NaN', 'Infinity', '99999'])('of cores is not "%s"', (text) => {
    expect(() => parseCpu('--cpu', text)).toThrow(invalid(/^--cpu: /));
  });

  test('has bounds, and the message says them', () => {
    expect(parseWhole('--priority', '-1000', -1000, 1000)).toBe(-1000);
    expect(() => parseWhole('--priority', '1001', -1000, 1000)).toThrow(
      invalid(/--priority: "1001".*from -1000 to 1000/),
    );
    expect(() => parseWhole('--retries', '1.5', 0, 99)).toThrow(invalid(/--retries/));
    expect(() => parseWhole('--pids', '99999999999999999999', 1, Number.MAX_SAFE_INTEGER)).toThrow(
      invalid(/at least 1/),
    );
  });
});

describe('NAME=VALUE', () => {
  test('keeps everything behind the first "="', () => {
    expect(parseEnv('--env', ['A=b=c', 'E=', 'L=1\n2'], {})).toEqual({ A: 'b=c', E: '', L: '1\n2' });
  });

  test('the last of a name counts', () => {
    expect(parseEnv('--env', ['A=1', 'A=2'], {})).toEqual({ A: '2' });
  });

  test('a variable without a value takes that of our environment, and is left out where there is none', () => {
    expect(parseEnv('--env', ['HOME', 'MISSING'], { HOME: '/root' })).toEqual({ HOME: '/root' });
  });

  test('a variable of any name is only a variable', () => {
    expect(Object.entries(parseEnv('--env', ['__proto__=x', 'constructor=y'], {}))).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  test('a secret without a value must be in our environment', () => {
    expect(parseSecrets('--secret', ['TOKEN'], { TOKEN: 's3cret' })).toEqual({ TOKEN: 's3cret' });
    expect(() => parseSecrets('--secret', ['TOKEN'], {})).toThrow(invalid(/^--secret: .*"TOKEN"/));
  });

  test('no message shows the value of a secret', () => {
    expect(() => parseSecrets('--secret', ['=s3cret'], {})).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('s3cret') }),
    );
  });

  test('a label needs both', () => {
    expect(parseLabels('--label', ['team=core'])).toEqual({ team: 'core' });
    expect(() => parseLabels('--label', ['team'])).toThrow(invalid(/^--label: "team" has no "="/));
    expect(() => parseLabels('--label', ['=core'])).toThrow(invalid(/^--label: a value without a name/));
  });
});

describe('a moment', () => {
  const now = Date.parse('2026-01-31T12:00:00Z');

  test('is a time, or how long ago it was', () => {
    expect(parseSince('--since', '10m', now)).toBe(now - 600_000);
    expect(parseSince('--since', '2026-01-31T11:00:00Z', now)).toBe(now - 3_600_000);
  });

  test.each(['', 'yesterday', '12', '2026-13-45', '-5m'])('is not "%s"', (text) => {
    expect(() => parseSince('--since', text, now)).toThrow(invalid(/^--since: /));
  });
});

test('a choice names all that are possible', () => {
  expect(parseChoice('--state', 'b', ['a', 'b'])).toBe('b');
  expect(() => parseChoice('--state', 'c', ['a', 'b'])).toThrow(invalid(/^--state: "c" is none; give one of a, b/));
});
