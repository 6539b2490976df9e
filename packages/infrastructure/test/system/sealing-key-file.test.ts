import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { formatSealingKey, loadOrCreateSealingKey, parseSealingKey } from '../../src/system/index.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hodei-key-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('loadOrCreateSealingKey', () => {
  it('makes a key that only its owner can read, in folders that it makes too, and gives it again later', async () => {
    const path = join(folder, 'a', 'b', 'sealing.key');
    const key = await loadOrCreateSealingKey(path);
    expect(key).toHaveLength(32);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'a', 'b'))).mode & 0o777).toBe(0o700);
    expect(await loadOrCreateSealingKey(path)).toEqual(key);
    expect(await readdir(join(folder, 'a', 'b'))).toEqual(['sealing.key']);
  });

  it('gives every one of many callers at once the same key', async () => {
    const path = join(folder, 'sealing.key');
    const keys = await Promise.all(Array.from({ length: 20 }, () => loadOrCreateSealingKey(path)));
    expect(new Set(keys.map(formatSealingKey)).size).toBe(1);
    expect(await readdir(folder)).toEqual(['sealing.key']);
  });

  it('gives several processes at once the same key', async () => {
    const path = join(folder, 'sealing.key');
    const module = new URL('../../src/system/sealing-key-file.ts', import.meta.url).href;
    const script = `const { loadOrCreateSealingKey } = await import(${JSON.stringify(module)});
      process.stdout.write(Buffer.from(await loadOrCreateSealingKey(process.argv[1])).toString('base64'));`;
    const args = ['--conditions', '@hodei/source', '--input-type=module', '-e', script, path];
    const runs = await Promise.all(Array.from({ length: 4 }, () => promisify(execFile)(process.execPath, args)));
    expect(new Set(runs.map((run) => run.stdout))).toEqual(new Set([(await readFile(path, 'utf8')).trim()]));
  });

  it('refuses a file that others may read, and says how to put it right', async () => {
    const path = join(folder, 'sealing.key');
    await loadOrCreateSealingKey(path);
    await chmod(path, 0o640);
    await expect(loadOrCreateSealingKey(path)).rejects.toMatchObject({
      code: 'config_invalid',
      message: `the sealing key file ${path} has mode 640: others may read it. Run: chmod 600 ${path}`,
    });
  });

  it('refuses a file that holds no key, and leaves it as it is', async () => {
    const path = join(folder, 'sealing.key');
    await writeFile(path, 'rubbish', { mode: 0o600 });
    const error: unknown = await loadOrCreateSealingKey(path).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining(`the file ${path} holds no sealing key`),
    });
    expect(String(error)).not.toContain('rubbish');
    expect(await readFile(path, 'utf8')).toBe('rubbish');
  });

  it('says why where the file can not be made', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(loadOrCreateSealingKey(join(folder, 'file', 'sealing.key'))).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('ENOTDIR'),
    });
  });
});

describe('parseSealingKey', () => {
  const key = Uint8Array.from({ length: 32 }, (_, index) => 255 - index * 3);

  it.each([
    ['base64', Buffer.from(key).toString('base64')],
    ['base64 without padding', Buffer.from(key).toString('base64').replace('=', '')],
    ['base64url', Buffer.from(key).toString('base64url')],
    ['hex', Buffer.from(key).toString('hex')],
    ['upper-case hex', Buffer.from(key).toString('hex').toUpperCase()],
    ['text with white space around it', `  ${Buffer.from(key).toString('base64')}\n`],
  ])('reads %s', (_, text) => {
    expect(parseSealingKey(text, 'HODEI_SEALING_KEY')).toEqual(key);
  });

  it.each(['', 'password', 'ab'.repeat(31), 'z'.repeat(64), Buffer.alloc(31).toString('base64')])(
    'refuses "%s"',
    (text) => {
      expect(() => parseSealingKey(text, 'HODEI_SEALING_KEY')).toThrow(
        expect.objectContaining({
          code: 'config_invalid',
          message: expect.stringMatching(/^HODEI_SEALING_KEY holds no sealing key/u),
        }),
      );
    },
  );
});
