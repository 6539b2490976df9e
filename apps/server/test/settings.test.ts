import { isHodeiError } from '@hodei/domain';
import { describe, expect, it } from 'vitest';

import { parseSettings } from '../src/index.ts';

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
      retentionMs: 30 * 24 * 3600 * 1000,
      env: {},
    });
  });

  it('take an empty variable for one that is not set', () => {
    expect(parseSettings({ HODEI_DATABASE_URL: '', HODEI_LOG_LEVEL: '' }, '/x')).toMatchObject({ logLevel: 'warn' });
  });

  it.each([
    [{ HODEI_DATABASE_URL: 'mysql://root:hunter2@db/x' }, /HODEI_DATABASE_URL .*postgresql:\/\//],
    [{ HODEI_DATABASE_URL: 'not a url hunter2' }, /HODEI_DATABASE_URL/],
    [{ HODEI_URL: 'ftp://x' }, /HODEI_URL .*http:\/\//],
    [{ HODEI_LOG_LEVEL: 'loud' }, /HODEI_LOG_LEVEL must be one of trace, debug/],
    [{ HODEI_RETENTION_DAYS: '0' }, /HODEI_RETENTION_DAYS must be a number of days, more than 0/],
    [{ HODEI_MAX_OUTPUT_BYTES: '1 GB' }, /HODEI_MAX_OUTPUT_BYTES must be a whole number of bytes/],
    [{ HODEI_DRAIN_TIMEOUT_MS: 'soon' }, /HODEI_DRAIN_TIMEOUT_MS must be a whole number of milliseconds/],
  ])('name what is wrong and what is allowed, and no value: %o', (env, message) => {
    expect(refusal(env)).toMatch(message);
    expect(refusal(env)).not.toContain('hunter2');
  });

  it('name every wrong variable at once', () => {
    expect(refusal({ HODEI_URL: 'x', HODEI_LOG_LEVEL: 'x' })).toMatch(/HODEI_URL.*HODEI_LOG_LEVEL/);
  });
});
