import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';

import { isHodeiError, parseJobId } from '@hodei/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AesSecretSealer, SystemIds } from '../../src/system/index.ts';

const ids = new SystemIds();
const job = parseJobId(ids.uuid());
const secrets = { TOKEN: 's3cret', KEY: 'line 1\nline 2', EMPTY: '', Ünï: '💣\u0000\ud800' };

function failure(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

const unopenable = expect.objectContaining({
  code: 'config_invalid',
  message: expect.stringMatching(/^the secrets of job .+ can't be opened: .+ Give this process the sealing key/u),
});

describe('AesSecretSealer', () => {
  it('opens what it sealed, in another process with the same key too', () => {
    const key = randomBytes(32);
    expect(new AesSecretSealer(key).open(job, new AesSecretSealer(key).seal(job, secrets))).toEqual(secrets);
  });

  it('gives back any record of strings', () => {
    const sealer = new AesSecretSealer(randomBytes(32));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string({ unit: 'binary' })), (record) => {
        expect({ ...sealer.open(job, sealer.seal(job, record)) }).toEqual({ ...record });
      }),
    );
  });

  it('never makes the same box twice and shows no secret in it', () => {
    const sealer = new AesSecretSealer(randomBytes(32));
    const [a, b] = [sealer.seal(job, secrets), sealer.seal(job, secrets)];
    expect(Buffer.from(a).equals(b)).toBe(false);
    expect(Buffer.from(a).includes('s3cret')).toBe(false);
  });

  it('refuses to open with another key', () => {
    const box = new AesSecretSealer(randomBytes(32)).seal(job, secrets);
    expect(failure(() => new AesSecretSealer(randomBytes(32)).open(job, box))).toEqual(unopenable);
  });

  it('refuses to open for another job', () => {
    const sealer = new AesSecretSealer(randomBytes(32));
    const box = sealer.seal(job, secrets);
    expect(failure(() => sealer.open(parseJobId(ids.uuid()), box))).toEqual(unopenable);
  });

  it('refuses a box of which any byte was altered, cut off or added', () => {
    const sealer = new AesSecretSealer(randomBytes(32));
    const box = sealer.seal(job, secrets);
    for (let at = 0; at < box.length; at += 1) {
      const altered = box.map((byte, index) => (index === at ? byte ^ 1 : byte));
      expect(failure(() => sealer.open(job, altered))).toEqual(unopenable);
      expect(failure(() => sealer.open(job, box.subarray(0, at)))).toEqual(unopenable);
    }
    expect(failure(() => sealer.open(job, new Uint8Array([...box, 0])))).toEqual(unopenable);
  });

  it.each([0, 16, 31, 33])('refuses a key of %d bytes', (length) => {
    const error = failure(() => new AesSecretSealer(new Uint8Array(length)));
    expect(isHodeiError(error, 'config_invalid')).toBe(true);
    expect(error).toHaveProperty('message', `the sealing key has ${length} bytes; it must have 32`);
  });

  it('does not show its key when it is printed', () => {
    const key = Buffer.alloc(32, 'k');
    expect(inspect(new AesSecretSealer(key), { depth: 9, showHidden: true })).not.toContain('kkkk');
  });
});
