import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { connectDocker } from '../../../src/docker/connection/connect-docker.ts';
import type { DockerConnectionConfig, DockerTlsConfig } from '../../../src/docker/config/docker-config.ts';
import { DockerEngine } from '../../../src/docker/engine/docker-engine.ts';
import { readDockerInfo } from '../../../src/docker/engine/docker-info.ts';
import { answerWell } from '../support/fake-engine.ts';

const FOLDER = join(import.meta.dirname, '..', 'support', 'tls');
const file = (name: string): string => join(FOLDER, name);
const CA: DockerTlsConfig = { caFile: file('ca.pem') };
const CLIENT: DockerTlsConfig = { ...CA, certFile: file('cert.pem'), keyFile: file('key.pem') };
let secured: Server;
let plain: Server;

beforeAll(async () => {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'server.pem', 'server-key.pem'].map((name) => readFile(file(name))),
  );
  secured = createHttpsServer({ ca, cert, key, requestCert: true, rejectUnauthorized: true }, answerWell).listen(
    0,
    '127.0.0.1',
  );
  plain = createHttpServer(answerWell).listen(0, '127.0.0.1');
  await Promise.all([once(secured, 'listening'), once(plain, 'listening')]);
});

afterAll(() => {
  secured.close();
  plain.close();
});

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
const at = (server: Server, tls?: DockerTlsConfig, host = '127.0.0.1'): DockerConnectionConfig => ({
  kind: 'tcp',
  host,
  port: portOf(server),
  ...(tls === undefined ? {} : { tls }),
});

async function ask(connection: DockerConnectionConfig | undefined, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const engine = new DockerEngine(await connectDocker(connection, { env, home: '/nonexistent' }), 5_000);
  return (await readDockerInfo(engine)).osType;
}

describe('an engine behind TLS', () => {
  test('answers a client that has a certificate', async () => {
    expect(await ask(at(secured, CLIENT))).toBe('linux');
    expect(
      await ask(undefined, {
        DOCKER_HOST: `tcp://127.0.0.1:${portOf(secured)}`,
        DOCKER_TLS_VERIFY: '1',
        DOCKER_CERT_PATH: FOLDER,
      }),
    ).toBe('linux');
  });

  test('refuses one that has none', async () => {
    await expect(ask(at(secured, CA))).rejects.toMatchObject({ code: 'authentication_failed' });
  });

  test('is not trusted where nobody we know signed its certificate', async () => {
    await expect(ask(at(secured, { certFile: file('cert.pem'), keyFile: file('key.pem') }))).rejects.toMatchObject({
      code: 'authentication_failed',
      message: expect.stringContaining("can't be trusted"),
    });
  });

  test('is told from one without it, in both directions', async () => {
    await expect(ask(at(plain, CLIENT))).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('does not speak TLS'),
    });
    expect(await ask(at(plain))).toBe('linux');
    await expect(ask(at(secured))).rejects.toMatchObject({
      code: expect.stringMatching(/config_invalid|provider_unavailable/),
    });
  });

  test('that is not there is unavailable', async () => {
    const { port } = await new Promise<AddressInfo>((resolve) => {
      const gone = createHttpServer().listen(0, '127.0.0.1', () => {
        const address = gone.address() as AddressInfo;
        gone.close(() => resolve(address));
      });
    });
    await expect(ask({ kind: 'tcp', host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'provider_unavailable',
      message: expect.stringContaining(`tcp://127.0.0.1:${port}`),
    });
  });
});
