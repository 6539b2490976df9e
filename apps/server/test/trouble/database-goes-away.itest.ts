import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { JobId } from '@hodei/domain';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { findEngine } from '../../../../scripts/engine/reach-engine.ts';
import { openTcpProxy, type TcpProxy } from '../../../../scripts/test-support/tcp-proxy.ts';
import { openService, type Service } from './open-service.ts';
import { STEADY, STEADY_OUTPUT } from './steady-job.ts';

/** The job that ran through it all: nothing lost, nothing twice, one attempt, one outcome. */
async function expectUnharmed(service: Service, id: JobId): Promise<void> {
  expect(await service.ended(id)).toMatchObject({ state: 'failed' });
  expect(await service.attempts(id)).toMatchObject([{ outcome: { cause: 'exited', evidence: { exitCode: 3 } } }]);
  expect(await service.output(id)).toBe(STEADY_OUTPUT);
}

describe('where the database is on the network', () => {
  const stack = new AsyncDisposableStack();
  let admin: Client;
  let proxy: TcpProxy;
  let service: Service;
  beforeAll(async () => {
    admin = new Client({ connectionString: inject('postgresAdminUrl') });
    await admin.connect();
    stack.defer(() => admin.end());
    const name = `hodei_trouble_${randomUUID().replaceAll('-', '')}`;
    await admin.query(`CREATE DATABASE ${name}`);
    stack.defer(async () => void (await admin.query(`DROP DATABASE ${name}`)));
    const url = new URL(inject('postgresAdminUrl'));
    proxy = stack.use(await openTcpProxy({ host: url.hostname, port: Number(url.port) }));
    url.pathname = `/${name}`;
    url.hostname = '127.0.0.1';
    url.port = String(proxy.port);
    service = stack.use(await openService(await findEngine(), url.href));
  });
  afterAll(() => stack.disposeAsync());

  it('connections that are dropped, again and again, harm nothing', async () => {
    const id = await service.submit({ script: STEADY });
    await service.wrote(id, 'line 2\n');
    for (let times = 0; times < 8; times += 1) {
      await admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'hodei_trouble_%' AND pid <> pg_backend_pid()`,
      );
      await delay(300);
    }
    await expectUnharmed(service, id);
    await service.expectNothingLeft();
  });

  it('connections that break in the middle of a statement harm nothing', async () => {
    const id = await service.submit({ script: STEADY });
    await service.wrote(id, 'line 2\n');
    for (let bytes = 1; bytes < 3000; bytes += 97) {
      proxy.cutAfter(bytes);
      await delay(100);
    }
    await expectUnharmed(service, id);
    await service.expectNothingLeft();
  });

  it('one that is away for longer than a lease is waited for', async () => {
    const id = await service.submit({ script: STEADY });
    await service.wrote(id, 'line 2\n');
    proxy.shut();
    await delay(6000);
    proxy.open();
    await expectUnharmed(service, id);
    await service.expectNothingLeft();
  });
});

describe('where the database is killed and started again', () => {
  let service: Service;
  beforeAll(async () => {
    service = await openService(await findEngine());
  });
  afterAll(() => service?.[Symbol.asyncDispose]());

  it('nothing is harmed, and what is submitted then runs', async () => {
    const id = await service.submit({ script: STEADY });
    await service.wrote(id, 'line 2\n');
    const pidFile = join(service.store.settings.dataDir, 'cluster', 'postmaster.pid');
    const [pid] = (await readFile(pidFile, 'utf8')).split('\n');
    process.kill(Number(pid), 'SIGKILL');
    await expectUnharmed(service, id);
    const next = await service.submit({ script: 'echo next' });
    expect(await service.ended(next)).toMatchObject({ state: 'succeeded' });
    await service.expectNothingLeft();
  });
});
