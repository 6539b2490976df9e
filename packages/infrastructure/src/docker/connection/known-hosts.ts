import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Checks a host's key as `ssh` does with `StrictHostKeyChecking=yes`: it must be in `~/.ssh/known_hosts` or
 * `/etc/ssh/ssh_known_hosts` (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). Certificate authorities are not known
 * here; a revoked key is refused.
 */
export async function createHostVerifier(host: string, port: number, home: string): Promise<(key: Buffer) => boolean> {
  const files = [join(home, '.ssh', 'known_hosts'), '/etc/ssh/ssh_known_hosts'];
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  const lines = texts.join('\n').split('\n');
  return (key) => isKnownHost(lines, host, port, key);
}

/** See {@link createHostVerifier}. */
export function isKnownHost(lines: readonly string[], host: string, port: number, key: Buffer): boolean {
  const name = port === 22 ? host : `[${host}]:${port}`;
  let known = false;
  for (const line of lines) {
    const words = line.trim().split(/\s+/);
    const marker = words[0]?.startsWith('@') === true ? words.shift() : undefined;
    const [patterns, , encoded] = words;
    if (patterns === undefined || patterns.startsWith('#') || encoded === undefined || marker === '@cert-authority')
      continue;
    if (!Buffer.from(encoded, 'base64').equals(key) || !matches(patterns, name)) continue;
    if (marker === '@revoked') return false;
    known = true;
  }
  return known;
}

function matches(patterns: string, name: string): boolean {
  if (patterns.startsWith('|1|')) return matchesHash(patterns, name);
  const all = patterns.split(',');
  const hits = (pattern: string): boolean => globToRegExp(pattern).test(name);
  return (
    all.some((each) => !each.startsWith('!') && hits(each)) &&
    !all.some((each) => each.startsWith('!') && hits(each.slice(1)))
  );
}

function matchesHash(pattern: string, name: string): boolean {
  const [, , salt = '', hash = ''] = pattern.split('|');
  const expected = Buffer.from(hash, 'base64');
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

const globToRegExp = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    'i',
  );
