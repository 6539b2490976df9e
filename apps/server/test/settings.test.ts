import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { isHodeiError } from '@hodei/domain';
import { describe, expect, it } from 'vitest';

import { parseSettings, SETTING_DOCS } from '../src/index.ts';

function refusal(env: NodeJS.ProcessEnv): string {
  try {
    parseSettings(env);
  } catch (error) {
    if (isHodeiError(error, 'config_invalid')) return error.message;
    throw error;
  }
  throw new Error('these settings were accepted');
}

describe('settings', () => {
  it('have a default each, below the current directory', () => {
    expect(parseSettings({}, '/somewhere')).toEqual({
      dataDir: '/somewhere/.hodei',
      logLevel: 'warn',
      listen: { host: '127.0.0.1', port: 7433 },
      defaultImage: 'busybox',
      drainTimeoutMs: 30_000,
      maxOutputBytes: 1024 ** 3,
      maxConcurrentJobs: 50,
      retentionMs: 30 * 24 * 3600 * 1000,
      env: {},
    });
  });

  it('take no line end as a part of a token', () => {
    expect(parseSettings({ HODEI_TOKEN: 'hodei_x\n' }, '/x')).toMatchObject({ token: 'hodei_x' });
  });

  it('take an empty variable for one that is not set', () => {
    expect(parseSettings({ HODEI_DATABASE_URL: '', HODEI_LOG_LEVEL: '' }, '/x')).toMatchObject({ logLevel: 'warn' });
  });

  it.each([
    [{ HODEI_DATABASE_URL: 'mysql://root:hunter2@db/x' }, /HODEI_DATABASE_URL .*postgresql:\/\//],
    [{ HODEI_DATABASE_URL: 'not a url hunter2' }, /HODEI_DATABASE_URL/],
    [{ HODEI_URL: 'ftp://x' }, /HODEI_URL .*http:\/\//],
    [{ HODEI_URL: 'http://me:hunter2@x' }, /HODEI_URL must be .* without a password/],
    [{ HODEI_URL: 'http://x/?token=hunter2' }, /HODEI_URL must be .* without a password or a query/],
    [{ HODEI_TOKEN: 'hunter2\nx: y' }, /HODEI_TOKEN must be the text of a token, on one line/],
    [{ HODEI_TOKEN: 'hunter2→' }, /HODEI_TOKEN must be the text of a token/],
    [{ HODEI_LOG_LEVEL: 'loud' }, /HODEI_LOG_LEVEL must be one of trace, debug/],
    [{ HODEI_RETENTION_DAYS: '0' }, /HODEI_RETENTION_DAYS must be a number of days, more than 0/],
    [{ HODEI_MAX_OUTPUT_BYTES: '1 GB' }, /HODEI_MAX_OUTPUT_BYTES must be a whole number of bytes/],
    [{ HODEI_MAX_CONCURRENT_JOBS: '0' }, /HODEI_MAX_CONCURRENT_JOBS must be a whole number from 1 to 10000/],
    [{ HODEI_DRAIN_TIMEOUT_MS: 'soon' }, /HODEI_DRAIN_TIMEOUT_MS must be a whole number of milliseconds/],
  ])('name what is wrong and what is allowed, and no value: %o', (env, message) => {
    expect(refusal(env)).toMatch(message);
    expect(refusal(env)).not.toContain('hunter2');
  });

  it('name every wrong variable at once', () => {
    expect(refusal({ HODEI_URL: 'x', HODEI_LOG_LEVEL: 'x' })).toMatch(/HODEI_URL.*HODEI_LOG_LEVEL/);
    // Each once, however much is wrong with it.
    for (const wrong of ['x', '127.0.0.1:7433'])
      expect(refusal({ HODEI_URL: wrong }).split('HODEI_URL')).toHaveLength(2);
  });

  it('have a word on each, which is what a wrong value is answered with', () => {
    expect(SETTING_DOCS.length).toBeGreaterThan(10);
    for (const { name, meaning, allowed } of SETTING_DOCS)
      expect({ name, meaning, allowed }).toEqual({
        name,
        meaning: expect.stringMatching(/\.$/),
        allowed: expect.stringMatching(/../),
      });
    const listen = SETTING_DOCS.find(({ name }) => name === 'HODEI_LISTEN');
    expect(refusal({ HODEI_LISTEN: 'here' })).toBe(`HODEI_LISTEN must be ${listen?.allowed}`);
  });

  describe('that are secrets', () => {
    it('are read from a file', () => {
      using folder = mkdtempDisposableSync(join(tmpdir(), 'hodei-settings-'));
      const file = join(folder.path, 'url');
      writeFileSync(file, 'postgresql://u:hunter2@db/hodei\n');
      expect(parseSettings({ HODEI_DATABASE_URL_FILE: file })).toMatchObject({
        databaseUrl: 'postgresql://u:hunter2@db/hodei',
      });
      writeFileSync(file, 'mysql://u:hunter2@db/hodei\n');
      expect(refusal({ HODEI_DATABASE_URL_FILE: file })).toMatch(/^HODEI_DATABASE_URL must be a URL like/);
      expect(refusal({ HODEI_DATABASE_URL_FILE: file })).not.toContain('hunter2');
    });

    it('are refused where it is not clear which one counts, and where there is none', () => {
      using folder = mkdtempDisposableSync(join(tmpdir(), 'hodei-settings-'));
      const file = join(folder.path, 'key');
      expect(refusal({ HODEI_SEALING_KEY_FILE: file })).toMatch(/HODEI_SEALING_KEY_FILE must be a file .*ENOENT/);
      writeFileSync(file, '\n');
      expect(refusal({ HODEI_SEALING_KEY_FILE: file })).toMatch(/with something in it/);
      writeFileSync(file, 'a key');
      expect(refusal({ HODEI_SEALING_KEY_FILE: file, HODEI_SEALING_KEY: 'another' })).toMatch(/both set/);
    });

    it('and nothing else are read from files', () => {
      expect(parseSettings({ HODEI_LOG_LEVEL_FILE: '/no/such/file' })).toMatchObject({ logLevel: 'warn' });
    });
  });
});
