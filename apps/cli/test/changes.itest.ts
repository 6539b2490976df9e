import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { openInstallation, WAYS, type Installation } from './support/hodei.ts';

let here: Installation;
beforeAll(async () => {
  here = await openInstallation('server');
});
afterAll(() => here.close());

describe.each(WAYS)('what is changed %s', (way, env) => {
  const name = way.replace(' ', '-').toLowerCase();

  test('jobs of a file run, all but the one that is refused', async () => {
    const path = join(here.folder, `${name}.ndjson`);
    const lines = [
      { script: 'echo one', name },
      { script: 'echo two', name, resources: { memoryBytes: 1 } },
      { script: 'echo three', name },
    ];
    await writeFile(path, lines.map((line) => JSON.stringify(line)).join('\n'));
    const { code, stdout, stderr } = await here.hodei(['jobs', 'submit', path], env);
    expect({ code, stderr }).toEqual({
      code: 125,
      stderr: expect.stringMatching(/^hodei: line 2: .*\(limit_exceeded\)\n$/),
    });
    const outputs = stdout
      .trimEnd()
      .split('\n')
      .map(async (id) => (await here.hodei(['jobs', 'logs', '-f', id], env)).stdout);
    expect(await Promise.all(outputs)).toEqual(['one\n', 'three\n']);
  });

  test('is told in words, as JSON or not at all, listed by name, and in the history with who did it', async () => {
    const run = async (...args: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await here.hodei(args, env);
      expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
      return stdout;
    };
    const json = async (...args: readonly string[]): Promise<unknown> => JSON.parse(await run(...args, '--json'));
    const changes = await Promise.all([
      json('pools', 'put', name, '--image', 'busybox', '--min', '0', '--max', '0'),
      json('queues', 'set', name, '--weight', '3'),
      json('limits', 'set', name, '7'),
      run('limits', 'set', `${name}-2`, '7', '--quiet'),
      run('providers', 'set', 'docker', '--max-workers', '90'),
    ]);
    expect(changes).toEqual([
      expect.objectContaining({ name, minIdle: 0, createdAt: expect.stringMatching(/^\d{4}-/) }),
      { name, paused: false, weight: 3 },
      { key: name, maxInFlight: 7 },
      '',
      'docker: at most 90 workers\n',
    ]);
    const listed = await Promise.all(
      ['pools', 'queues', 'limits', 'providers'].map(async (what) => (await run(what, 'ls', '-q')).split('\n')),
    );
    expect(listed).toEqual([
      expect.arrayContaining([name]),
      expect.arrayContaining([name]),
      expect.arrayContaining([name, `${name}-2`]),
      ['docker', ''],
    ]);
    await Promise.all([run('pools', 'rm', name), run('queues', 'rm', name), run('limits', 'rm', name)]);
    const events = await here.store.repositories.history.list({ afterSeq: 0, limit: 1000 });
    const audited = events.filter(({ kind, data }) => kind === 'audit.request' && JSON.stringify(data).includes(name));
    // Made and removed: a pool, a queue and a limit; and the limit that stays.
    expect(audited).toHaveLength(7);
    for (const { data } of audited) expect(data).toMatchObject({ by: expect.stringMatching(/\S/) });
  });
});
