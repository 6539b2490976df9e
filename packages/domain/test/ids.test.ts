import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  parseAttemptId,
  parseInstallationId,
  parseJobId,
  parseProviderId,
  parseWorkerId,
  workerName,
} from '../src/index.ts';

const PARSERS = {
  job: parseJobId,
  attempt: parseAttemptId,
  worker: parseWorkerId,
  provider: parseProviderId,
  installation: parseInstallationId,
};

describe.for(Object.entries(PARSERS))('the id of a %s', ([kind, parse]) => {
  test('is a UUID, in lower case', () => {
    fc.assert(
      fc.property(fc.uuid(), (uuid) => {
        expect(parse(uuid)).toBe(uuid);
        expect(parse(uuid.toUpperCase())).toBe(uuid);
      }),
    );
  });

  test('is nothing else: a bad id never becomes another one', () => {
    const uuid = '01890a5d-ac96-774b-bcce-b302099a8057';
    for (const bad of [
      '',
      'x',
      uuid.slice(1),
      `${uuid}0`,
      ` ${uuid}`,
      `${uuid}\n`,
      uuid.replaceAll('-', ''),
      `{${uuid}}`,
      uuid.replace('a', 'g'),
    ]) {
      const refusal = { code: 'invalid_input', details: { field: `${kind}Id` } };
      expect(() => parse(bad)).toThrow(expect.objectContaining(refusal));
    }
  });

  test('is not repeated at length where it is none', () => {
    expect(() => parse('x'.repeat(10_000))).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^.{0,300}$/) as string }),
    );
  });
});

test('the name of a worker is made of its id alone', () => {
  expect(workerName('01890a5d-ac96-774b-bcce-b302099a8057')).toBe('hodei-01890a5d-ac96-774b-bcce-b302099a8057');
});
