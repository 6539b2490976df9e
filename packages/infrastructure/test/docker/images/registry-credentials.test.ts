import { describe, expect, test } from 'vitest';

import type { DockerConfigFile } from '../../../src/docker/images/docker-config-file.ts';
import { findRegistryCredentials, toAuthConfig } from '../../../src/docker/images/registry-credentials.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const file = (parts: Partial<DockerConfigFile>): DockerConfigFile => ({
  path: '/home/me/.docker/config.json',
  auths: {},
  helpers: [],
  ...parts,
});

describe('credentials for a registry', () => {
  test('are the configured ones before those of docker login', () => {
    const configured = { 'ghcr.io': { username: 'own', password: 'p' } };
    const found = findRegistryCredentials(
      'ghcr.io',
      configured,
      file({ auths: { 'ghcr.io': { auth: base64('other:q') } } }),
    );
    expect(found).toEqual({ credentials: { username: 'own', password: 'p' }, inHelper: false });
  });

  test.each([
    ['ghcr.io', 'ghcr.io'],
    ['ghcr.io', 'https://ghcr.io'],
    ['docker.io', 'https://index.docker.io/v1/'],
  ])('for %s are found under %s in config.json, a password with colons included', (registry, name) => {
    const found = findRegistryCredentials(registry, {}, file({ auths: { [name]: { auth: base64('me:p:q') } } }));
    expect(found.credentials).toEqual({ username: 'me', password: 'p:q' });
  });

  test('may be an identity token', () => {
    const { credentials } = findRegistryCredentials(
      'ghcr.io',
      {},
      file({ auths: { 'ghcr.io': { auth: base64('me:'), identitytoken: 'token' } } }),
    );
    expect(credentials && toAuthConfig(credentials, 'ghcr.io')).toEqual({
      identitytoken: 'token',
      serveraddress: 'ghcr.io',
    });
  });

  test('of another registry are not shown', () => {
    const { credentials } = findRegistryCredentials(
      'evil.example',
      { 'ghcr.io': { username: 'a', password: 'b' } },
      file({ auths: { 'docker.io': { auth: base64('a:b') } } }),
    );
    expect(credentials).toBeUndefined();
  });

  test.each([
    [['*'], true],
    [['ghcr.io'], true],
    [['other.io'], false],
  ])('in the helpers %j are not read, which is known: %s', (helpers, inHelper) => {
    expect(findRegistryCredentials('ghcr.io', {}, file({ auths: { 'ghcr.io': {} }, helpers }))).toEqual({ inHelper });
  });

  test('that are malformed are an error that shows no secret', () => {
    const damaged = file({ auths: { 'ghcr.io': { auth: base64('nocolon') } } });
    expect(() => findRegistryCredentials('ghcr.io', {}, damaged)).toThrow(
      expect.objectContaining({ code: 'config_invalid', message: expect.not.stringContaining('nocolon') }),
    );
  });
});
