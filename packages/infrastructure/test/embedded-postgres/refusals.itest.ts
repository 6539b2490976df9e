import { appendFile, chown, mkdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { startEmbeddedPostgres } from '../../src/embedded-postgres/index.ts';
import { expectNoProcess, expectNothingLeft, makeFolder, postmasterPid, query, startOtherUser } from './servers.ts';

// Only the limit for a machine that is busy with other tests; most take one second.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let folder: string;

beforeEach(async () => {
  folder = await makeFolder();
});

afterEach(() => expectNothingLeft(folder));

describe('what an embedded Postgres finds in its way', () => {
  it('refuses data of another major version, says what to do and leaves it alone', async () => {
    await mkdir(join(folder, 'cluster'), { mode: 0o700 });
    await writeFile(join(folder, 'cluster', 'PG_VERSION'), '15\n');
    await expect(startEmbeddedPostgres({ dataDir: folder })).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringMatching(
        /was made by Postgres 15, and this version brings Postgres \d+\. To begin anew, move it away/u,
      ),
      details: { found: '15' },
    });
    expect(await readFile(join(folder, 'cluster', 'PG_VERSION'), 'utf8')).toBe('15\n');
  });

  it('refuses a folder of somebody else that stands where its own should be', async () => {
    await mkdir(join(folder, 'cluster'));
    await expect(startEmbeddedPostgres({ dataDir: folder })).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('is not a data directory of Postgres'),
    });
  });

  it('refuses a file in place of the folder', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(startEmbeddedPostgres({ dataDir: join(folder, 'file') })).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringMatching(/EEXIST|ENOTDIR/u),
    });
  });

  it('refuses a socket folder that others can enter, or that is only a link', async () => {
    await mkdir(join(folder, 'run'), { mode: 0o755 });
    const refusal = {
      code: 'config_invalid',
      message: expect.stringMatching(/must be a directory of user \d+ with mode 700/u),
    };
    await expect(startEmbeddedPostgres({ dataDir: folder })).rejects.toMatchObject(refusal);
    await rename(join(folder, 'run'), join(folder, 'elsewhere'));
    await symlink(join(folder, 'elsewhere'), join(folder, 'run'));
    await expect(startEmbeddedPostgres({ dataDir: folder })).rejects.toMatchObject(refusal);
    await rename(join(folder, 'run'), join(folder, 'link'));
    execFileSync('rm', [join(folder, 'link')]);
  });

  it('shows the end of the log where the server does not start, and leaves nothing running', async () => {
    await (await startEmbeddedPostgres({ dataDir: folder })).release();
    await appendFile(join(folder, 'cluster', 'postgresql.conf'), 'no_such_setting = 1\n');
    await expect(startEmbeddedPostgres({ dataDir: folder })).rejects.toMatchObject({
      code: 'database_unavailable',
      message: expect.stringMatching(
        /it ended with 1\. The end of .+postgres\.log:\n(.*\n)*.*unrecognized configuration parameter "no_such_setting"/u,
      ),
    });
  });

  it('gives up at its deadline, and leaves nothing running', async () => {
    await expect(startEmbeddedPostgres({ dataDir: folder, startTimeoutMs: 100 })).rejects.toMatchObject({
      code: 'database_unavailable',
      message: expect.stringContaining('it was not ready within 100 ms'),
    });
  });

  it('starts although the number of an earlier, crashed server belongs to another process now', async () => {
    await (await startEmbeddedPostgres({ dataDir: folder })).release();
    const lines = [process.pid, join(folder, 'cluster'), 1, 5432, join(folder, 'run'), '', '1 1', 'ready'];
    await writeFile(join(folder, 'cluster', 'postmaster.pid'), `${lines.join('\n')}\n`, { mode: 0o600 });
    await writeFile(join(folder, 'run', '.s.PGSQL.5432.lock'), `${lines.join('\n')}\n`, { mode: 0o600 });
    await using postgres = await startEmbeddedPostgres({ dataDir: folder });
    expect(await postmasterPid(postgres)).not.toBe(process.pid);
  });

  it('keeps its log within bounds', async () => {
    await writeFile(join(folder, 'postgres.log'), 'x'.repeat(2 ** 20 + 1));
    await (await startEmbeddedPostgres({ dataDir: folder })).release();
    expect((await stat(join(folder, 'postgres.log'))).size).toBeLessThan(10_000);
    expect((await stat(join(folder, 'postgres.log.1'))).size).toBe(2 ** 20 + 1);
  });
});

describe.runIf(process.geteuid?.() === 0)('an embedded Postgres that root starts', () => {
  const owners = async (): Promise<Set<number>> =>
    new Set(
      await Promise.all(
        ['', 'cluster', 'run', 'postgres.log', 'start.lock', 'cluster/PG_VERSION'].map(
          async (name) => (await stat(join(folder, name))).uid,
        ),
      ),
    );

  it('leaves a folder of root with root', async () => {
    await using postgres = await startEmbeddedPostgres({ dataDir: folder });
    expect(await query(postgres, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(await owners()).toEqual(new Set([0]));
  });

  it('runs as the owner of the folder where that is an ordinary user, even one without a name, and everything stays theirs', async () => {
    await chown(folder, 12_345, 12_345);
    for (let time = 0; time < 2; time += 1) {
      await using postgres = await startEmbeddedPostgres({ dataDir: folder });
      const server = await postmasterPid(postgres);
      const { uid } = await stat(process.platform === 'linux' ? `/proc/${server}` : folder);
      expect(uid).toBe(12_345);
      expect(await owners()).toEqual(new Set([12_345]));
    }
  });

  it('runs as nobody where there are no user namespaces, and from then on always', async () => {
    await (await startEmbeddedPostgres({ dataDir: folder })).release();
    expect(await owners()).toEqual(new Set([0]));
    const bin = join(folder, 'bin');
    await mkdir(bin, { mode: 0o755 });
    for (const name of ['sh', 'mkfifo', 'mv', 'rm', 'rmdir', 'sleep']) {
      await symlink(execFileSync('which', [name], { encoding: 'utf8' }).trim(), join(bin, name));
    }
    const user = startOtherUser(folder, { PATH: bin });
    await user.server;
    expect(await owners()).toEqual(new Set([65_534]));
    expect(await user.release()).toBe(0);
    await expectNoProcess(folder);
    execFileSync('rm', ['-r', bin]);
    await using postgres = await startEmbeddedPostgres({ dataDir: folder });
    expect(await query(postgres, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(await owners()).toEqual(new Set([65_534]));
  });

  it('runs for an ordinary user without a name, as containers have them', async () => {
    await chown(folder, 12_345, 12_345);
    const user = startOtherUser(folder, {}, { uid: 12_345, gid: 12_345 });
    await user.server;
    expect(await owners()).toEqual(new Set([12_345]));
    // Root may use it, too.
    await using postgres = await startEmbeddedPostgres({ dataDir: folder });
    expect(await user.release()).toBe(0);
    expect(await query(postgres, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it("refuses an ordinary user root's folder, and says what to do", async () => {
    const user = startOtherUser(folder, {}, { uid: 12_345, gid: 12_345 });
    await expect(user.server).rejects.toThrow('the other user ended with 1');
    expect(user.errors()).toMatch(/config_invalid/u);
    expect(user.errors()).toMatch(/EACCES.+Set HODEI_DATA_DIR to one that you own/u);
  });
});
