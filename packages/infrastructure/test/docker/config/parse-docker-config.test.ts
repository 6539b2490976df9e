import { describe, expect, test } from 'vitest';

import { DEFAULT_DOCKER_CONFIG } from '../../../src/docker/config/docker-config.ts';
import { parseDockerConfig } from '../../../src/docker/config/parse-docker-config.ts';

const NO_ENV = {};

describe('settings of a Docker provider', () => {
  test('are the defaults where there are none', () => {
    expect(parseDockerConfig({}, NO_ENV)).toEqual(DEFAULT_DOCKER_CONFIG);
  });

  test('change only what they name', () => {
    const config = parseDockerConfig(
      { defaultResources: { cpu: 2 }, hardening: { readOnlyRootfs: true }, pull: { stallTimeoutMs: 5 } },
      NO_ENV,
    );
    expect(config).toEqual({
      ...DEFAULT_DOCKER_CONFIG,
      defaultResources: { ...DEFAULT_DOCKER_CONFIG.defaultResources, cpu: 2 },
      hardening: { ...DEFAULT_DOCKER_CONFIG.hardening, readOnlyRootfs: true },
      pull: { stallTimeoutMs: 5 },
    });
  });

  test('take everything that there is', () => {
    const config = parseDockerConfig(
      {
        connection: {
          host: 'tcp://engine.internal:2376',
          tls: { caFile: '/ca.pem', certFile: '/cert.pem', keyFile: '/key.pem' },
        },
        allowedNetworks: ['bridge'],
        registryAuth: { 'ghcr.io': { username: 'me', passwordEnv: 'GHCR' }, 'docker.io': { identityTokenEnv: 'HUB' } },
        hardening: {
          capAdd: ['NET_RAW'],
          user: '1000:1000',
          runtime: 'runsc',
          seccompProfile: 'unconfined',
          noNewPrivileges: false,
          mounts: [
            { type: 'bind', source: '/cache', target: '/cache' },
            { type: 'tmpfs', target: '/tmp' },
          ],
        },
        gpu: false,
        log: { driver: 'local', maxFileBytes: 1_000_000, maxFiles: 2 },
        callTimeoutMs: 1000,
        health: { slowAfterMs: 10 },
        costPerHour: { perCpu: 0.5 },
        maxExecutionMs: 60_000,
        labels: { zone: 'a' },
        regions: ['eu'],
      },
      { GHCR: 'geheim', HUB: 'token' },
    );
    expect(config.connection).toEqual({
      kind: 'tcp',
      host: 'engine.internal',
      port: 2376,
      tls: { caFile: '/ca.pem', certFile: '/cert.pem', keyFile: '/key.pem' },
    });
    expect(config.registryAuth).toEqual({
      'ghcr.io': { username: 'me', password: 'geheim' },
      'docker.io': { identityToken: 'token' },
    });
    expect(config.hardening.mounts).toEqual([
      { type: 'bind', source: '/cache', target: '/cache', readOnly: true },
      { type: 'tmpfs', target: '/tmp', readOnly: false },
    ]);
    expect(config.costPerHour).toEqual({ perWorker: 0, perCpu: 0.5, perMemoryGib: 0 });
  });

  test.each([
    [null, '', 'must be an object'],
    [{ memory: 1 }, 'memory', 'no setting here'],
    [{ pull: { stallTimeout: 1 } }, 'pull.stallTimeout', 'known are stallTimeoutMs'],
    [{ callTimeoutMs: -1 }, 'callTimeoutMs', 'whole number from 1'],
    [{ callTimeoutMs: '30s' }, 'callTimeoutMs', 'whole number'],
    [{ gpu: 'yes' }, 'gpu', 'true or false'],
    [{ defaultResources: { cpu: 0 } }, 'defaultResources.cpu', 'more than 0'],
    [{ defaultResources: { memoryBytes: 1.5 } }, 'defaultResources.memoryBytes', 'whole number'],
    [{ allowedNetworks: ['bridge', 7] }, 'allowedNetworks[1]', 'must be text'],
    [{ log: { driver: 'none' } }, 'log.driver', 'one of json-file, local'],
    [{ regions: 'eu' }, 'regions', 'must be a list'],
    [{ labels: { zone: 1 } }, 'labels.zone', 'must be text'],
    [{ connection: {} }, 'connection.host', 'or context'],
    [{ connection: { host: 'tcp://a', context: 'b' } }, 'connection.host', 'only one'],
    [{ connection: { host: 'ftp://a' } }, 'connection.host', 'unix:///path'],
    [{ connection: { host: 'unix:///s', tls: {} } }, 'connection.tls', 'tcp://'],
    [{ connection: { host: 'tcp://a', tls: { certFile: '/c' } } }, 'connection.tls.certFile', 'keyFile go together'],
    [{ connection: { host: 'tcp://a', privateKeyFile: '/k' } }, 'connection.privateKeyFile', 'ssh://'],
    [{ hardening: { mounts: [{ type: 'bind', target: '/x' }] } }, 'hardening.mounts[0].source', 'must be there'],
    [{ hardening: { mounts: [{ type: 'tmpfs', target: 'x' }] } }, 'hardening.mounts[0].target', 'begin with "/"'],
    [{ hardening: { privileged: true } }, 'hardening.privileged', 'no setting here'],
    [{ registryAuth: { 'ghcr.io': { username: 'me' } } }, 'registryAuth.ghcr.io.username', 'passwordEnv'],
    [
      { registryAuth: { 'ghcr.io': { username: 'me', passwordEnv: 'ABSENT' } } },
      'registryAuth.ghcr.io.passwordEnv',
      'ABSENT, which is not set',
    ],
  ])('%j is refused by the name of its field', (settings, field, words) => {
    expect(() => parseDockerConfig(settings, NO_ENV)).toThrow(
      expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining(words), details: { field } }),
    );
  });

  test('never hold a password, nor does the message that says so', () => {
    const settings = { registryAuth: { 'ghcr.io': { username: 'me', password: 'geheim' } } };
    const refusal = expect.objectContaining({
      code: 'config_invalid',
      message: expect.stringMatching(/^(?!.*geheim).*passwordEnv/),
    });
    expect(() => parseDockerConfig(settings, NO_ENV)).toThrow(refusal);
  });
});
