import { describe, expect, test } from 'vitest';

import { describeEndpoint } from '../../../src/docker/connection/docker-endpoint.ts';
import { parseDockerHost } from '../../../src/docker/connection/parse-docker-host.ts';

describe('the address of an engine', () => {
  test.each([
    ['unix:///run/user/1000/docker.sock', 'unix:///run/user/1000/docker.sock'],
    ['unix://', 'unix:///var/run/docker.sock'],
    ['npipe:////./pipe/other', 'npipe:////./pipe/other'],
    ['tcp://10.0.0.1:2375', 'tcp://10.0.0.1:2375'],
    ['tcp://engine', 'tcp://engine:2375'],
    ['tcp://engine/', 'tcp://engine:2375'],
    ['engine:1234', 'tcp://engine:1234'],
    ['tcp://[fd00::1]:2375', 'tcp://[fd00::1]:2375'],
    ['ssh://me@engine:2222', 'ssh://me@engine:2222'],
    ['ssh://engine', 'ssh://engine:22'],
  ])('%s is read as %s', (text, described) => {
    expect(describeEndpoint(parseDockerHost(text, 'DOCKER_HOST'))).toBe(described);
  });

  test('has the port of TLS where TLS is on', () => {
    expect(parseDockerHost('tcp://engine', 'DOCKER_HOST', true)).toMatchObject({ port: 2376 });
  });

  test.each([
    'http://engine:2375',
    'fd://',
    'tcp://',
    'tcp://bad host:1',
    'tcp://engine:99999',
    'tcp://engine:2375/path',
    'tcp://me@engine',
    'unix://relative.sock',
    'ftp://engine',
    'ssh://me:geheim@engine',
    'tcp://a b',
    '://',
  ])('%s is refused with what is allowed, and without a password', (text) => {
    const message = expect.stringMatching(/^DOCKER_HOST (?!.*geheim).*allowed are unix:\/\/\/.*tcp:.*ssh:.*npipe:/);
    expect(() => parseDockerHost(text, 'DOCKER_HOST')).toThrow(
      expect.objectContaining({ code: 'config_invalid', message }),
    );
  });
});
