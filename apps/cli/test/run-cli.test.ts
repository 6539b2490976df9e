import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Cli } from '../src/cli.ts';
import { openBackend } from '../src/open-backend.ts';
import type { Sink } from '../src/output/sink.ts';
import { readLines } from '../src/read-lines.ts';
import { runCli } from '../src/run-cli.ts';

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line that never gets as far as a backend, in this process. */
async function hodei(argv: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Result> {
  const written = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof written): Sink => ({
    write: (data) => {
      written[name] += Buffer.from(data).toString();
      return Promise.resolve();
    },
  });
  const plain = { isTerminal: false, paint: (_style: unknown, text: string) => text };
  const stderr = sink('stderr');
  const cli: Cli = {
    env,
    stdout: sink('stdout'),
    stderr,
    out: plain,
    err: plain,
    openScreen: () => Promise.resolve(undefined),
    now: () => 0,
    readLines,
    openBackend: ({ quiet = false } = {}) => openBackend({ env, stderr, entry: 'not started here', quiet }),
    exitCode: 0,
  };
  const code = await runCli(cli, argv, '1.2.3');
  return { code, ...written };
}

test('says its version', async () => {
  expect(await hodei(['--version'])).toEqual({ code: 0, stdout: '1.2.3\n', stderr: '' });
});

test('helps, with examples', async () => {
  const { code, stdout } = await hodei(['--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('$ hodei run -- echo hello');
  expect(stdout).not.toContain('runner');
});

test.each([
  ['run'],
  ['jobs', 'ls'],
  ['jobs', 'get'],
  ['jobs', 'logs'],
  ['jobs', 'cancel'],
  ['workers', 'ls'],
  ['providers', 'ls'],
  ['doctor'],
])('helps with %s %s', async (...words) => {
  const { code, stdout, stderr } = await hodei([...words, '--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`Usage: hodei ${words.join(' ')}`);
});

test('a group of commands without a command shows its help on stderr, as an error', async () => {
  const { code, stdout, stderr } = await hodei(['jobs']);
  expect({ code, stdout }).toEqual({ code: 125, stdout: '' });
  expect(stderr).toContain('cancel');
});

describe('what is wrong on the command line', () => {
  test.each([
    [
      ['run', '--memory', '-5m', '--', 'true'],
      /^hodei: --memory: "-5m" is no amount of memory; give .*256m.* \(invalid_input\)\n$/,
    ],
    [['run', '--memory=lots'], /--memory: "lots"/],
    [['run', '--cpu', '-1', '--', 'true'], /--cpu: "-1"/],
    [['run', '--timeout', '5', '--', 'true'], /--timeout: "5" has no unit/],
    [['run', '--retries', '1000', '--', 'true'], /--retries: "1000" .* from 0 to 99/],
    [['run', '--priority', 'high', '--', 'true'], /--priority: "high"/],
    [['run', '--pids', '0', '--', 'true'], /--pids: "0"/],
    [['run', '--secret', 'HODEI_TEST_MISSING', '--', 'true'], /--secret: .*HODEI_TEST_MISSING/],
    [['run', '--label', 'x', '--', 'true'], /--label: "x" has no "="/],
    [['run', '--image'], /argument missing/],
    [['run', '--imgae', 'x'], /unknown option '--imgae'.*--image.*; "hodei run --help" shows/],
    [['jobs', 'get', 'nonsense'], /"nonsense" is not a job id; one looks like/],
    [['jobs', 'get'], /missing required argument 'id'/],
    [['jobs', 'ls', '--state', 'done'], /--state: "done" is none; give one of pending/],
    [['jobs', 'ls', '--limit', '0'], /--limit: "0"/],
    [['jobs', 'logs', '01890a5d-ac96-774b-bcce-b302099a8057', '--since', 'x'], /--since: "x"/],
    [['workers', 'get', 'x'], /"x" is not a worker id/],
    [['rnu'], /unknown command 'rnu'.*run.*; "hodei --help" shows/],
    [['jobs', 'lst'], /unknown command 'lst'.*ls.*; "hodei jobs --help" shows/],
    [['queues', 'set', 'x'], /nothing is to be changed/],
    [['jobs', 'submit', '/nowhere/jobs.ndjson'], /\/nowhere\/jobs\.ndjson can't be read: ENOENT/],
  ])('%j is told in one line, with exit code 125', async (argv, words) => {
    const { code, stdout, stderr } = await hodei(argv);
    expect({ code, stdout }).toEqual({ code: 125, stdout: '' });
    expect(stderr).toMatch(words);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test('a secret on the command line is in no message', async () => {
    const { stderr } = await hodei(['run', '--secret', '=s3cret', '--', 'true']);
    expect(stderr).toContain('--secret');
    expect(stderr).not.toContain('s3cret');
  });
});

describe('what is wrong in the environment', () => {
  test.each([
    [
      { HODEI_DATABASE_URL: 'mysql://root:hunter2@db/x' },
      'config_invalid',
      /HODEI_DATABASE_URL must be a URL like postgresql:/,
    ],
    [{ HODEI_DATABASE_URL: 'not a url' }, 'config_invalid', /HODEI_DATABASE_URL/],
    [{ HODEI_LOG_LEVEL: 'loud' }, 'config_invalid', /HODEI_LOG_LEVEL must be one of/],
    [{ HODEI_URL: 'ftp://somewhere' }, 'config_invalid', /HODEI_URL must be a URL like http:/],
    [
      { HODEI_URL: 'http://127.0.0.1:1' },
      'unavailable',
      /the server at http:\/\/127\.0\.0\.1:1 did not answer GET \/v1\/jobs/,
    ],
  ])('%j names itself and what is allowed', async (env, code, words) => {
    const result = await hodei(['jobs', 'ls'], env);
    expect(result.code).toBe(125);
    expect(result.stderr).toMatch(words);
    expect(result.stderr).toContain(`(${code})`);
    expect(result.stderr).not.toContain('hunter2');
  });
});

describe('what a server refuses', () => {
  const problem = (status: number, code: string) => ({ status, code, detail: `the server says ${code}` });
  let server: Server;
  let url: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const [, status = '', code = ''] = (request.url ?? '').split('/');
      response.writeHead(Number(status), { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify(problem(Number(status), code)));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  test.each([
    [401, 'unauthenticated', 'the server says unauthenticated; HODEI_TOKEN has to be a token of this server'],
    [403, 'forbidden', 'the server says forbidden'],
    [404, 'not_found', 'the server says not_found'],
    [409, 'conflict', 'the server says conflict'],
    [400, 'invalid_input', 'the server says invalid_input'],
  ])('%i %s is told in one line, with exit code 125', async (status, code, words) => {
    // A path before /v1 and a slash at the end do no harm.
    const result = await hodei(['jobs', 'cancel', '01890a5d-ac96-774b-bcce-b302099a8057'], {
      HODEI_URL: `${url}/${status}/${code}/`,
      HODEI_TOKEN: 'hodei_x\n',
    });
    expect(result).toEqual({ code: 125, stdout: '', stderr: `hodei: ${words} (${code})\n` });
  });
});

describe('hodei config', () => {
  const env = { HODEI_DATABASE_URL: 'postgresql://u:hunter2@db/hodei', HODEI_LOG_LEVEL: 'info' };

  test('shows what holds and where it comes from, and no secret', async () => {
    const { code, stdout } = await hodei(['config', '--json'], env);
    expect({ code, secret: stdout.includes('hunter2') }).toEqual({ code: 0, secret: false });
    const rows = JSON.parse(stdout) as { readonly name: string; readonly meaning: string }[];
    const found = (name: string) => rows.find((row) => row.name === name);
    expect(found('HODEI_LOG_LEVEL')).toMatchObject({ value: 'info', source: 'environment' });
    expect(found('HODEI_LISTEN')).toMatchObject({ value: '127.0.0.1:7433', source: 'default' });
    expect(found('HODEI_DATABASE_URL')).toEqual({
      name: 'HODEI_DATABASE_URL',
      source: 'environment',
      meaning: expect.any(String),
    });
    expect(found('HODEI_SEALING_KEY')).toMatchObject({ source: 'not set' });
    expect((await hodei(['config'], env)).stdout).toMatch(/HODEI_DATABASE_URL +\*{6} +environment/);
  });

  test('says what is wrong', async () => {
    const { code, stderr } = await hodei(['config'], { HODEI_LOG_LEVEL: 'loud' });
    expect({ code, stderr }).toEqual({ code: 125, stderr: expect.stringContaining('HODEI_LOG_LEVEL must be one of') });
  });
});
