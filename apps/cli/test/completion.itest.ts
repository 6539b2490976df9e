import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { openInstallation, WAYS, type Installation } from './support/hodei.ts';

let here: Installation;
let jobId: string;
let path: string;
let adminToken: string | undefined;
beforeAll(async () => {
  here = await openInstallation('server');
  jobId = (await here.hodei(['run', '--detach', '--not-before', '1d', '--name', 'later', 'true'])).stdout.trim();
  const program = join(here.folder, 'hodei');
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' ${here.nodeArgs.join(' ')} "$@"\n`);
  await chmod(program, 0o755);
  path = `${here.folder}:${process.env['PATH']}`;
});
afterAll(async () => {
  await here.hodei(['jobs', 'cancel', jobId], { HODEI_URL: '' });
  await here.close();
});

/** What a real bash offers for these words, of which the last is at the cursor. */
async function offered(env: NodeJS.ProcessEnv, ...words: readonly string[]): Promise<readonly string[]> {
  const script = `source <(hodei completion bash); COMP_WORDS=(hodei "$@"); COMP_CWORD=$#; _hodei; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await promisify(execFile)('bash', ['--norc', '-c', script, 'bash', ...words], {
    env: { ...here.env, ...env, PATH: path },
  });
  return stdout.split('\n').filter((line) => line !== '');
}

describe.each(WAYS)('completion in bash, %s', (_, env) => {
  test('offers choices, and what there is', async () => {
    expect(await offered(env, 'jobs', 'get', jobId.slice(0, 6))).toEqual([jobId]);
    expect(await offered(env, 'jobs', 'ls', '--state', '=', 'p')).toEqual(['pending']);
  });
});

test('where nothing ever ran, completion makes no installation and says nothing', async () => {
  const dataDir = join(here.folder, 'nothing');
  const env = { HODEI_URL: '', HODEI_DATA_DIR: dataDir };
  expect(await here.hodei(['__complete', '--', 'jobs', 'get', ''], env)).toMatchObject({
    code: 0,
    stdout: '',
    stderr: '',
  });
  await expect(promisify(execFile)('ls', [dataDir])).rejects.toThrow('No such file');
  const away = await here.hodei(['__complete', '--', 'jobs', 'get', ''], { HODEI_URL: 'http://127.0.0.1:1' });
  expect(away).toMatchObject({ code: 0, stdout: '', stderr: '' });
});

describe.each([...WAYS].toReversed())('hodei tokens, %s', (way, env) => {
  test('makes one, lists it without its secret, and revokes it', async () => {
    const asAdmin = { ...env, ...(adminToken === undefined ? {} : { HODEI_TOKEN: adminToken }) };
    const run = (...args: readonly string[]) => here.hodei(['tokens', ...args], asAdmin);
    const name = `made ${way}`;
    const made = await run('create', '--scope', 'admin', '--expires', '90d', '--json', name);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const { id, token } = JSON.parse(made.stdout) as { readonly id: string; readonly token: string };
    expect(token).toMatch(/^hodei_[0-9a-f]{32}_[0-9a-f]{64}$/);
    // From the first one on, a server asks for it.
    adminToken ??= token;
    asAdmin.HODEI_TOKEN = adminToken;
    const listed = await run('ls', '--json');
    expect(listed.stdout).not.toContain(token.split('_')[2]);
    expect(JSON.parse(listed.stdout)).toContainEqual(expect.objectContaining({ id, name, scopes: ['admin'] }));
    expect((await run('ls')).stdout).toMatch(new RegExp(`^${id}  ${name} +admin +- .* good until `, 'm'));
    const short = await run('create', '--scope', 'read', '--tenant', 'red', 'short');
    const shortId = short.stdout.split('_')[1] ?? '';
    expect(await run('revoke', shortId)).toMatchObject({ code: 0, stdout: `${shortId} revoked\n` });
    expect(await run('revoke', '0'.repeat(32))).toMatchObject({
      code: 125,
      stderr: expect.stringMatching(/not_found/),
    });
    expect(await run('create', '--scope', 'admin', '--tenant', 'red', 'x')).toMatchObject({
      code: 125,
      stderr: expect.stringMatching(/invalid_input/),
    });
  });
});
