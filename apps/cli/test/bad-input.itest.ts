import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { openBackend } from '../src/open-backend.ts';
import { openInstallation, type Installation } from './support/hodei.ts';

describe('what can not be run', () => {
  let here: Installation;
  let jobsBefore: number;
  beforeAll(async () => {
    here = await openInstallation();
  });
  afterAll(() => here.close());

  const countJobs = async (): Promise<number> =>
    Object.values(await here.store.repositories.jobs.countByState()).reduce((sum, count) => sum + count, 0);
  /** One line, with the code of the error, and nothing of our insides. */
  const expectTold = (stderr: string, words: RegExp): void => {
    expect(stderr).toMatch(words);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^hodei: /);
    expect(stderr).not.toMatch(/^\s+at |node:internal/m);
  };

  describe('ends with its cause, as a job that has ended', () => {
    afterAll(() => here.expectNothingLeft());

    test.concurrent.each([
      [
        'an image without the shell that the job runs',
        ['--image', 'hodei-test-noshell:1', '--', 'sh', '-c', 'echo x'],
        125,
        /start_failed.*no \/bin\/sh/,
      ],
      [
        'an image without a shell, and a secret',
        ['--image', 'hodei-test-noshell:1', '--secret', 'A=b', '--', '/bin/echo'],
        125,
        /has no \/bin\/sh, so its secrets/,
      ],
      ['a command that is not there', ['--', 'no-such-command'], 127, /command_not_found.*not in the image/],
      [
        'a command that is not there, without a shell',
        ['--image', 'hodei-test-noshell:1', '--', '/bin/nothing'],
        127,
        /command_not_found/,
      ],
      ['a command that can not be executed', ['--', '/etc/passwd'], 126, /start_failed.*no executable file/],
      ['a directory that can not be made', ['--workdir', '/etc/passwd/x', '--', 'true'], 125, /workdir/],
      ['an unknown network', ['--network', 'no-such-network', '--', 'true'], 125, /no network "no-such-network"/],
    ] as const)('%s', async (_, args, expected, words) => {
      const { code, stdout, stderr } = await here.hodei(['run', ...args]);
      expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
      expectTold(stderr, words);
    });

    test.concurrent('an unknown image, which --quiet does not hide', async () => {
      const { code, stdout, stderr } = await here.hodei([
        'run',
        '--quiet',
        '--image',
        'hodei-test-unknown.invalid/nothing:1',
        '--',
        'true',
      ]);
      expect({ code, stdout }).toEqual({ code: 125, stdout: '' });
      expectTold(
        stderr,
        /failed \((image_not_found|image_pull_failed|image_pull_denied)\): .*hodei-test-unknown\.invalid\/nothing:1/,
      );
    });
  });

  describe('is refused before anything is stored', () => {
    const big = Array.from({ length: 10 }, (_, index) => ['--env', `BIG${index}=${'x'.repeat(100_000)}`]).flat();

    beforeAll(async () => {
      jobsBefore = await countJobs();
    });

    test.concurrent.each([
      [
        'memory under the least of the engine',
        ['--memory', '1k', '--', 'true'],
        /memoryBytes 1024 is under its minimum.*\(limit_exceeded\)/,
      ],
      [
        'more memory than there is',
        ['--memory', '900t', '--', 'true'],
        /memoryBytes \d+ is over its maximum.*\(limit_exceeded\)/,
      ],
      [
        'more cores than there are',
        ['--cpu', '4000', '--', 'true'],
        /cpu 4000 is over its maximum.*\(limit_exceeded\)/,
      ],
      ['a negative number', ['--cpu', '-1', '--', 'true'], /--cpu: "-1".*\(invalid_input\)/],
      ['1 MB of environment', [...big, '--', 'true'], /at most \d+ bytes.*\(limit_exceeded\)/],
      ['a program without a name', ['--', ''], /\(invalid_input\)/],
      [
        'a malformed image',
        ['--image', 'bad image!', '--', 'true'],
        /image "bad image!" is malformed.*\(invalid_input\)/,
      ],
      ['a malformed network', ['--network', '../x', '--', 'true'], /network "\.\.\/x" is malformed.*\(invalid_input\)/],
      ['a relative directory', ['--workdir', 'here', '--', 'true'], /must begin with "\/".*\(invalid_input\)/],
      ['a reserved label', ['--label', 'hodei.job=x', '--', 'true'], /label hodei\.job is reserved.*\(invalid_input\)/],
      [
        'a timeout of a year',
        ['--timeout', '365d', '--', 'true'],
        /timeoutMs .* must be a whole number from 1 to.*\(invalid_input\)/,
      ],
      ['an architecture that nobody has', ['--arch', 'vax', '--', 'true'], /no architecture vax.*\(limit_exceeded\)/],
      [
        'a variable that is a secret as well',
        ['--env', 'A=1', '--secret', 'A=2', '--', 'true'],
        /A is both in env and in secrets.*\(invalid_input\)/,
      ],
    ] as const)('%s', async (_, args, words) => {
      const { code, stdout, stderr } = await here.hodei(['run', ...args]);
      expect({ code, stdout }).toEqual({ code: 125, stdout: '' });
      expectTold(stderr, words);
    });

    // No program can be given one on its command line, so this goes to where a command would go.
    test.concurrent('a NUL byte in the command', async () => {
      const stderr = { write: () => Promise.resolve() };
      await using backend = openBackend({ env: here.env, stderr, entry: 'not started here', quiet: true });
      await expect(backend.submit({ command: ['echo', 'a\0b'] }, { detach: false })).rejects.toMatchObject({
        code: 'invalid_input',
        message: expect.stringContaining('NUL byte'),
      });
    });

    test.concurrent('an unknown id', async () => {
      const unknown = '01890a5d-ac96-774b-bcce-b302099a8057';
      for (const args of [
        ['jobs', 'get', unknown],
        ['jobs', 'logs', unknown],
        ['jobs', 'logs', '-f', unknown],
        ['jobs', 'cancel', unknown],
        ['workers', 'get', unknown],
      ]) {
        const { code, stdout, stderr } = await here.hodei(args);
        expect({ args, code, stdout }).toEqual({ args, code: 125, stdout: '' });
        expectTold(stderr, new RegExp(`${unknown}.*\\(not_found\\)`));
      }
    });

    test.concurrent('an unknown provider', async () => {
      const { code, stderr } = await here.hodei(['providers', 'disable', 'nobody']);
      expect(code).toBe(125);
      expectTold(stderr, /nobody.*\(not_found\)/);
    });

    test.concurrent('no database', async () => {
      const { code, stderr } = await here.hodei(['run', '--', 'true'], {
        HODEI_DATABASE_URL: 'postgresql://u:hunter2@127.0.0.1:1/x',
      });
      expect(code).toBe(125);
      expectTold(stderr, /\(database_unavailable\)/);
      expect(stderr).not.toContain('hunter2');
      const doctor = await here.hodei(['doctor'], { HODEI_DATABASE_URL: 'postgresql://u:hunter2@127.0.0.1:1/x' });
      expect(doctor).toMatchObject({
        code: 1,
        stdout: expect.stringMatching(/^fail +database: Postgres at 127\.0\.0\.1:1\/x/m),
      });
      expect(doctor.stdout).not.toContain('hunter2');
    });

    test.concurrent('no Docker Engine', async () => {
      const env = { DOCKER_HOST: `unix://${here.folder}/nothing.sock` };
      const { code, stderr } = await here.hodei(['run', '--', 'true'], env);
      expect(code).toBe(125);
      expectTold(stderr, /docker: .*nothing\.sock.*\(provider_unavailable\)/);
      const doctor = await here.hodei(['doctor'], env);
      expect(doctor).toMatchObject({
        code: 1,
        stdout: expect.stringMatching(/^fail +provider docker: .*\n +start Docker/m),
      });
    });

    test.concurrent('a malformed DOCKER_HOST', async () => {
      const { code, stderr } = await here.hodei(['run', '--', 'true'], { DOCKER_HOST: 'nonsense' });
      expect(code).toBe(125);
      expectTold(stderr, /DOCKER_HOST/);
    });

    describe('a Docker Engine that hangs', () => {
      let server: Server;
      const connections = new Set<Socket>();
      const socketPath = (): string => join(here.folder, 'hangs.sock');
      beforeAll(async () => {
        server = createServer((socket) => connections.add(socket));
        await new Promise<void>((resolve) => server.listen(socketPath(), resolve));
      });
      afterAll(async () => {
        for (const connection of connections) connection.destroy();
        await new Promise((resolve) => server.close(resolve));
      });

      test('is not waited for for ever', async () => {
        const { code, stderr } = await here.hodei(['run', '--', 'true'], { DOCKER_HOST: `unix://${socketPath()}` });
        expect(code).toBe(125);
        expectTold(stderr, /docker: .*\(provider_unavailable\)/);
      });
    });

    afterAll(async () => {
      await here.expectNothingLeft();
      expect(await countJobs()).toBe(jobsBefore);
    });
  });
});
