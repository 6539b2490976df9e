import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { HodeiError, isHodeiError } from '@hodei/domain';

import { formatSealingKey, parseSealingKey, SEALING_KEY_BYTES } from './sealing-key.ts';

/**
 * The key in this file; the first caller makes it, readable by its owner only. Safe when several processes
 * come first at once: all get the same key. An existing file is never changed.
 *
 * @throws HodeiError `config_invalid` where the file can't be read or made, holds no key, or can be read by others.
 */
export async function loadOrCreateSealingKey(path: string): Promise<Uint8Array> {
  try {
    return await loadKey(path).catch(async (error: unknown) => {
      if (!isErrno(error, 'ENOENT')) throw error;
      await createKey(path);
      return loadKey(path);
    });
  } catch (cause) {
    if (isHodeiError(cause)) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HodeiError('config_invalid', `the sealing key file ${path} can't be used: ${why}`, { cause });
  }
}

async function loadKey(path: string): Promise<Uint8Array> {
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) {
    const found = (mode & 0o777).toString(8);
    throw new HodeiError(
      'config_invalid',
      `the sealing key file ${path} has mode ${found}: others may read it. Run: chmod 600 ${path}`,
    );
  }
  return parseSealingKey(await readFile(path, 'utf8'), `the file ${path}`);
}

async function createKey(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  // Written whole under another name, then linked: nobody sees half a key, and linking fails where one exists.
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await using file = await open(draft, 'wx', 0o600);
    await file.writeFile(`${formatSealingKey(randomBytes(SEALING_KEY_BYTES))}\n`);
    await file.sync();
    await link(draft, path);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error; // else another process was first, and its key counts
  } finally {
    await rm(draft, { force: true });
  }
  await using directory = await open(dirname(path));
  await directory.sync();
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
