import { createHmac } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import { isKnownHost } from '../../../src/docker/connection/known-hosts.ts';

const KEY = Buffer.from('the key of a host');
const OTHER = Buffer.from('the key of somebody else');
const encoded = KEY.toString('base64');
const hashed = (name: string): string => {
  const salt = Buffer.from('0123456789abcdef0123');
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
};

describe("a host's ssh key", () => {
  test.each([
    ['by its name', `engine ssh-ed25519 ${encoded}`, 22],
    ['among several names', `other,engine ssh-ed25519 ${encoded} a comment`, 22],
    ['by a pattern', `eng*,!engine2 ssh-ed25519 ${encoded}`, 22],
    ['by its port', `[engine]:2222 ssh-ed25519 ${encoded}`, 2222],
    ['hashed', `${hashed('engine')} ssh-ed25519 ${encoded}`, 22],
  ])('is known %s', (_, line, port) => {
    expect(isKnownHost(['# comment', '', line], 'engine', port, KEY)).toBe(true);
    expect(isKnownHost([line], 'engine', port, OTHER)).toBe(false);
  });

  test.each([
    ['there is none', []],
    ['it is for another port', [`[engine]:2222 ssh-ed25519 ${encoded}`]],
    ['a pattern excludes it', [`*,!engine ssh-ed25519 ${encoded}`]],
    ['it is hashed for another host', [`${hashed('other')} ssh-ed25519 ${encoded}`]],
    ['it was revoked', [`engine ssh-ed25519 ${encoded}`, `@revoked * ssh-ed25519 ${encoded}`]],
    ['it is only a certificate authority', [`@cert-authority * ssh-ed25519 ${encoded}`]],
  ])('is not known where %s', (_, lines) => {
    expect(isKnownHost(lines, 'engine', 22, KEY)).toBe(false);
  });
});
