import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openDataFolder, type DataFolder } from '../../src/embedded-postgres/data-folder.ts';
import { tryWithStartLock } from '../../src/embedded-postgres/start-lock.ts';

let folder: DataFolder;

beforeEach(async () => {
  folder = await openDataFolder(await mkdtemp(join(tmpdir(), 'hodei-lock-')));
});

afterEach(() => rm(folder.root, { recursive: true }));

describe('tryWithStartLock', () => {
  it('runs one action at a time and refuses the others, in one process too', async () => {
    const never = async (): Promise<string> => expect.fail('this must not run');
    const result = await tryWithStartLock(folder, async () => {
      expect(await tryWithStartLock(folder, never)).toBeUndefined();
      // Also after somebody else has looked at the lock and let go of it.
      expect(await tryWithStartLock(folder, never)).toBeUndefined();
      return 'done';
    });
    expect(result).toBe('done');
  });

  it('is free again after the action, however that ended', async () => {
    await expect(tryWithStartLock(folder, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await tryWithStartLock(folder, async () => 'again')).toBe('again');
    expect((await stat(folder.startLock)).mode & 0o777).toBe(0o600);
  });

  it('lets only one of many callers at once in', async () => {
    let inside = 0;
    const results = await Promise.all(
      Array.from({ length: 20 }, () =>
        tryWithStartLock(folder, async () => {
          inside += 1;
          await stat(folder.root);
          return (inside -= 1);
        }),
      ),
    );
    expect(new Set(results.filter((left) => left !== undefined))).toEqual(new Set([0]));
  });
});
