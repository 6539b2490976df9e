import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { openInstallation, type Installation } from './support/hodei.ts';

describe('a secret', () => {
  let here: Installation;
  const secret = `s3cret-${randomBytes(12).toString('hex')}`;
  const open = `in-the-open-${randomBytes(12).toString('hex')}`;
  beforeAll(async () => {
    here = await openInstallation();
  });
  afterAll(() => here.close());

  /** Files of the installation that hold this text: tables, indexes and the log of every write that was ever made. */
  const filesWith = async (text: string): Promise<readonly string[]> => {
    const entries = await readdir(here.dataDir, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    const found = await Promise.all(files.map(async (file) => ((await readFile(file)).includes(text) ? [file] : [])));
    return found.flat();
  };

  test('is seen by the job, masked in its output, and in no configuration of its container', async () => {
    const script =
      'echo "$TOKEN $OPEN ${#TOKEN}"; echo "$TOKEN" >&2; sleep 1; printf "%s" "${TOKEN%?????}"; sleep 0.2; printf "%s\\n" "${TOKEN#"${TOKEN%?????}"}"';
    const env = { TOKEN: secret };
    const running = here.start(
      ['run', '--secret', 'TOKEN', '--env', `OPEN=${open}`, '--name', 'keeper', '--', 'sh', '-c', script],
      env,
    );
    await running.seen(open);
    const inspected = await here.containers();
    expect(inspected).toHaveLength(1);
    expect(inspected.join('')).not.toContain(secret);
    const { code, stdout, stderr } = await running.done;
    const mask = '*'.repeat(secret.length);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: `${mask} ${open} ${secret.length}\n${mask}\n`,
      stderr: `${mask}\n`,
    });
  });

  test('is in no listing and no log', async () => {
    const [id] = (await here.hodei(['jobs', 'ls', '-q', '--name', 'keeper'])).stdout.split('\n');
    for (const args of [
      ['jobs', 'ls', '--json'],
      ['jobs', 'get', id ?? 'none'],
      ['jobs', 'get', id ?? 'none', '--json'],
      ['jobs', 'logs', id ?? 'none'],
    ]) {
      const { stdout, stderr } = await here.hodei(args);
      expect(stdout).not.toBe('');
      expect(stdout + stderr).not.toContain(secret);
    }
  });

  test('is in no row, while the job runs and afterwards', async () => {
    const running = here.start(['run', '--secret', `TOKEN=${secret}`, '--', 'sh', '-c', 'echo begun; sleep 1']);
    await running.seen('begun');
    expect(await filesWith(secret)).toEqual([]);
    expect((await running.done).code).toBe(0);
    expect(await filesWith(secret)).toEqual([]);
    // The same look finds what is no secret.
    expect((await filesWith(open)).length).toBeGreaterThan(0);
  });

  test('is seen by a job in the background', async () => {
    const submitted = await here.hodei(
      [
        'run',
        '--detach',
        '--secret',
        'TOKEN',
        '--',
        'sh',
        '-c',
        'test "$TOKEN" = "$1" || exit 9; echo "$TOKEN"',
        'sh',
        'abcd-1234',
      ],
      { TOKEN: 'abcd-1234' },
    );
    const logs = await here.hodei(['jobs', 'logs', '-f', submitted.stdout.trim()]);
    expect(logs.stdout).toBe('*********\n');
  });

  test('is in no message about what is wrong', async () => {
    const { code, stdout, stderr } = await here.hodei([
      'run',
      '--secret',
      `BIG=${secret}${'x'.repeat(100_000)}`,
      '--secret',
      `BIGGER=${secret}${'x'.repeat(120_000)}`,
      '--secret',
      `BIGGEST=${secret}${'x'.repeat(120_000)}`,
      '--',
      'true',
    ]);
    expect(code).toBe(125);
    expect(stderr).toContain('(limit_exceeded)');
    expect(stdout + stderr).not.toContain(secret);
  });
});
