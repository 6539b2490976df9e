import { parseJobId } from '@hodei/domain';
import { describe, expect, it } from 'vitest';

import { SystemIds } from '../../src/system/index.ts';

const ids = new SystemIds();

describe('SystemIds', () => {
  it('makes distinct UUIDs of version 7 that sort in the order in which they were made', () => {
    const made = Array.from({ length: 5000 }, () => ids.uuid());
    expect(new Set(made).size).toBe(made.length);
    expect(made.toSorted()).toEqual(made);
    for (const id of made) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('makes ids that the domain accepts', () => {
    const id = ids.uuid();
    expect(parseJobId(id)).toBe(id);
  });

  it('makes nonces of 32 hex digits that never repeat', () => {
    const made = Array.from({ length: 5000 }, () => ids.nonce());
    expect(new Set(made).size).toBe(made.length);
    for (const nonce of made) expect(nonce).toMatch(/^[0-9a-f]{32}$/);
  });
});
