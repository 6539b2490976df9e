import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { glob, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { createDatabase } from '../test-support/create-database.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SOURCE = ['--conditions=@hodei/source', '--disable-warning=ExperimentalWarning'];
/** Which of them a person finds in the README. */
const SHOWN = ['docker-container', 'client', 'embedded'];

let env: NodeJS.ProcessEnv;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hodei-examples-'));
  const { HODEI_URL: _, HODEI_TOKEN: __, ...inherited } = process.env;
  env = {
    ...inherited,
    HODEI_DATABASE_URL: await createDatabase(inject('postgresAdminUrl')),
    HODEI_DATA_DIR: folder,
    HODEI_LISTEN: '127.0.0.1:0',
  };
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('an example', () => {
  it('docker-container runs a container with the Docker adapter alone', async () => {
    expect(await run('docker-container')).toMatch(/^hello\n\{ exitCode: 0, oomKilled: false/);
  });

  it('embedded runs a job in a control plane of its own', async () => {
    expect(await run('embedded')).toBe('hello\nfailed exited 3\n');
  });

  it('embedded forgets what is over for longer than its setting says', async () => {
    const jobs = async (): Promise<readonly string[]> => {
      const client = new Client({ connectionString: env['HODEI_DATABASE_URL'] });
      await client.connect();
      const { rows } = await client.query<{ id: string }>('SELECT id FROM jobs');
      await client.end();
      return rows.map(({ id }) => id);
    };
    await run('embedded');
    const before = await jobs();
    expect(before.length).toBeGreaterThan(0);
    await run('embedded', { HODEI_RETENTION_DAYS: '0.000001' });
    expect((await jobs()).filter((id) => before.includes(id))).toEqual([]);
  });

  it('client has a server run a job', async () => {
    const main = join(ROOT, 'apps', 'cli', 'src', 'main.ts');
    const server = spawn(process.execPath, [...SOURCE, main, 'serve'], { env, stdio: ['ignore', 'inherit', 'pipe'] });
    const ended = once(server, 'exit');
    try {
      let url: string | undefined;
      for await (const line of createInterface({ input: server.stderr })) {
        [, url] = /listening at (\S+)$/.exec(line) ?? [];
        if (url !== undefined) break;
      }
      expect(await run('client', { HODEI_URL: url })).toBe('hello\nsucceeded exited\n');
    } finally {
      server.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
    }
  });

  it('client tells of a server that is not there', async () => {
    await expect(run('client', { HODEI_URL: 'http://127.0.0.1:1' })).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^server_unavailable true/),
    });
  });

  it('imports only packages, by the names that they are published under', async () => {
    let imports = 0;
    for await (const file of glob('examples/*/src/**/*.ts', { cwd: ROOT })) {
      const text = await readFile(join(ROOT, file), 'utf8');
      for (const [, module] of text.matchAll(/^(?:import|export|\} from).*? '([^']+)';$/gm)) {
        expect({ file, module }).toEqual({ file, module: expect.stringMatching(/^(node:|@hodei\/|\.\/[\w-]+\.ts$)/) });
        imports += 1;
      }
    }
    expect(imports).toBeGreaterThan(10);
  });
});

it.each(SHOWN)('the README shows %s as it is', async (name) => {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  const [, shown] = new RegExp(`<!-- example: ${name} -->\\s*\`\`\`ts\\n([\\s\\S]*?)\`\`\``).exec(readme) ?? [];
  expect(shown).toBe(await readFile(join(ROOT, 'examples', name, 'src', 'main.ts'), 'utf8'));
});

/** Runs an example to its end, as its README says. @returns its stdout. */
async function run(name: string, more: NodeJS.ProcessEnv = {}): Promise<string> {
  const main = join(ROOT, 'examples', name, 'src', 'main.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [...SOURCE, main], {
    cwd: folder,
    env: { ...env, ...more },
    timeout: 60_000,
  });
  return stdout;
}
