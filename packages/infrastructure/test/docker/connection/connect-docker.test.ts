import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { connectDocker } from '../../../src/docker/connection/connect-docker.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const NOWHERE = '/nonexistent';

async function writeContext(home: string, name: string, docker: object): Promise<void> {
  const file = join(home, '.docker', 'contexts', 'meta', createHash('sha256').update(name).digest('hex'), 'meta.json');
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify({ Name: name, Endpoints: { docker } }));
}

describe('finding an engine', () => {
  test('what is configured goes before DOCKER_HOST, also for the client itself', async () => {
    const env = { DOCKER_HOST: 'tcp://elsewhere:2375' };
    const before = process.env['DOCKER_HOST'];
    process.env['DOCKER_HOST'] = env.DOCKER_HOST;
    try {
      const { docker, description } = await connectDocker(
        { kind: 'socket', socketPath: '/my.sock' },
        { env, home: NOWHERE },
      );
      expect(description).toBe('unix:///my.sock (configured)');
      expect(docker.modem).toMatchObject({ socketPath: '/my.sock', host: undefined, protocol: 'http' });
    } finally {
      if (before === undefined) delete process.env['DOCKER_HOST'];
      else process.env['DOCKER_HOST'] = before;
    }
  });

  test('DOCKER_HOST goes before the context', async () => {
    const { description } = await connectDocker(undefined, {
      env: { DOCKER_HOST: 'tcp://engine:1234', DOCKER_CONTEXT: 'other' },
      home: NOWHERE,
    });
    expect(description).toBe('tcp://engine:1234 (DOCKER_HOST)');
  });

  test('DOCKER_TLS_VERIFY reads the files under DOCKER_CERT_PATH', async () => {
    await using folder = await temporaryFolder();
    for (const name of ['ca', 'cert', 'key']) await writeFile(join(folder.path, `${name}.pem`), `the ${name}`);
    const env = { DOCKER_HOST: 'tcp://engine', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder.path };
    const { docker, description } = await connectDocker(undefined, { env, home: NOWHERE });
    expect(description).toBe('tcp://engine:2376 (TLS) (DOCKER_HOST)');
    expect(docker.modem).toMatchObject({
      protocol: 'https',
      ca: Buffer.from('the ca'),
      cert: Buffer.from('the cert'),
      key: Buffer.from('the key'),
    });
  });

  test('a missing TLS file is named', async () => {
    const env = { DOCKER_HOST: 'tcp://engine', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: NOWHERE };
    await expect(connectDocker(undefined, { env, home: NOWHERE })).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('/nonexistent/ca.pem'),
    });
  });

  test('the current context of config.json is followed, with its TLS files', async () => {
    await using folder = await temporaryFolder();
    await writeContext(folder.path, 'remote', { Host: 'tcp://remote.engine', SkipTLSVerify: false });
    await writeFile(join(folder.path, '.docker', 'config.json'), JSON.stringify({ currentContext: 'remote' }));
    const tls = join(
      folder.path,
      '.docker',
      'contexts',
      'tls',
      createHash('sha256').update('remote').digest('hex'),
      'docker',
    );
    await mkdir(tls, { recursive: true });
    await writeFile(join(tls, 'ca.pem'), 'the ca');
    const { docker, description } = await connectDocker(undefined, { env: {}, home: folder.path });
    expect(description).toBe('tcp://remote.engine:2376 (TLS) (context "remote")');
    expect(docker.modem).toMatchObject({ protocol: 'https', ca: Buffer.from('the ca') });
  });

  test('DOCKER_CONTEXT goes before the current context', async () => {
    await using folder = await temporaryFolder();
    await writeContext(folder.path, 'mine', { Host: 'unix:///mine.sock' });
    await writeFile(join(folder.path, '.docker', 'config.json'), JSON.stringify({ currentContext: 'other' }));
    const { description } = await connectDocker(undefined, { env: { DOCKER_CONTEXT: 'mine' }, home: folder.path });
    expect(description).toBe('unix:///mine.sock (context "mine")');
  });

  test('a context that is not there is an error that says how to see them', async () => {
    const found = connectDocker({ kind: 'context', name: 'gone' }, { env: {}, home: NOWHERE });
    await expect(found).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringMatching(/"gone".*docker context ls/),
    });
  });

  test('a context that skips the verification of TLS is refused', async () => {
    await using folder = await temporaryFolder();
    await writeContext(folder.path, 'lax', { Host: 'tcp://engine', SkipTLSVerify: true });
    await expect(connectDocker({ kind: 'context', name: 'lax' }, { env: {}, home: folder.path })).rejects.toMatchObject(
      { code: 'config_invalid' },
    );
  });

  test('a config.json that is no JSON is named', async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, '.docker'));
    await writeFile(join(folder.path, '.docker', 'config.json'), '{');
    const found = connectDocker(undefined, { env: {}, home: folder.path });
    await expect(found).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('config.json is no valid JSON'),
    });
  });

  test('a configured socket is not looked for', async () => {
    await expect(connectDocker({ kind: 'socket', socketPath: NOWHERE })).resolves.toMatchObject({
      description: 'unix:///nonexistent (configured)',
    });
  });

  test('an ssh client takes the user, the agent and a check of the host key', async () => {
    const env = { DOCKER_HOST: 'ssh://me@engine:2222', SSH_AUTH_SOCK: '/agent.sock' };
    const { docker, description } = await connectDocker(undefined, { env, home: NOWHERE });
    expect(description).toBe('ssh://me@engine:2222 (DOCKER_HOST)');
    expect(docker.modem).toMatchObject({
      protocol: 'ssh',
      host: 'engine',
      port: 2222,
      username: 'me',
      sshOptions: { agent: '/agent.sock', hostVerifier: expect.any(Function) },
    });
  });

  test('on Windows the default pipe is taken', async () => {
    const { description } = await connectDocker(undefined, { env: {}, home: NOWHERE, platform: 'win32' });
    expect(description).toBe('npipe:////./pipe/docker_engine (default pipe)');
  });
});
