import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { DEFAULT_DOCKER_CONFIG, DockerProviderBuilder, type DockerProvider } from '../../src/docker/index.ts';
import { collectText } from './support/job-output.ts';
import { startSshServer, type SshServer } from './support/ssh-server.ts';
import { openTestDocker, orderFor, sh, type TestDocker } from './support/test-docker.ts';

let docker: TestDocker;
let server: SshServer;

beforeAll(async () => {
  docker = await openTestDocker();
  server = await startSshServer();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await docker.close();
});

const build = (privateKeyFile: string, home: string): Promise<DockerProvider> =>
  new DockerProviderBuilder()
    .withProviderId(docker.providerId)
    .withEnvironment({ HOME: home })
    .withConfig({
      ...DEFAULT_DOCKER_CONFIG,
      connection: { kind: 'ssh', host: '127.0.0.1', port: server.port, username: 'me', privateKeyFile },
    })
    .build();

describe('an engine behind ssh', () => {
  test('runs a job whole: its stdin to the end, both streams, its exit code', async () => {
    await using provider = await build(server.keyFile, server.home);
    const handle = await provider.createWorker(docker.spec());
    try {
      const job = await provider.launch(
        handle,
        orderFor(sh('cat; echo err >&2; exit 3'), { stdin: Buffer.from('in\n') }),
      );
      expect(await collectText(job.output)).toEqual({ stdout: 'in\n', stderr: 'err\n' });
      expect(await job.waitForExit()).toMatchObject({ exitCode: 3 });
    } finally {
      await provider.destroyWorker(handle, { gracePeriodMs: 0 });
    }
  });

  test('is not talked to where its host key is not known', async () => {
    await expect(build(server.keyFile, '/nonexistent')).rejects.toMatchObject({
      code: 'authentication_failed',
      message: expect.stringContaining('known_hosts'),
    });
  });

  test('that refuses our key says so', async () => {
    await expect(build(server.otherKeyFile, server.home)).rejects.toMatchObject({
      code: 'authentication_failed',
      message: expect.stringContaining('ssh key'),
    });
  });
});
