import { HodeiError, type ErrorCode } from '@hodei/domain';
import { describe, expect, it } from 'vitest';

import { createPatience } from '../../src/attempts/patience.ts';

const many = (code: ErrorCode): readonly boolean[] => {
  const mayPass = createPatience();
  return Array.from({ length: 100 }, () => mayPass(new HodeiError(code, 'an answer')));
};

describe('the patience with an engine about a worker', () => {
  it('has no end while the engine is away', () => {
    expect(many('provider_unavailable')).not.toContain(false);
    expect(many('provider_timeout')).not.toContain(false);
  });

  it('ends where it gives the same odd answer again and again', () => {
    expect(many('internal').slice(0, 3)).toEqual([true, true, true]);
    expect(many('internal').at(-1)).toBe(false);
  });

  it('is none with an answer that says what became of the worker', () => {
    expect(many('worker_not_found')[0]).toBe(false);
    expect(many('never_launched')[0]).toBe(false);
  });
});
