import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  aheadOf,
  launchMarker,
  NEVER_LAUNCHED_EXIT_CODE,
  parseLaunchMarker,
  VOID_LINE,
  type LaunchOrder,
} from '../../src/index.ts';
import { ODD_PROGRAMS } from './odd-programs.ts';
import { anyText, anyVariables, ODD_NAMES, ODD_TEXTS } from './odd-text.ts';
import {
  afterMarker,
  encodeFor,
  orderFor,
  parseSighting,
  runOrder,
  runWorker,
  sightingJob,
  type ShellUnderTest,
  type WorkerRun,
} from './shell-under-test.ts';

/** Where working directories are made, as the shell sees it. */
export const SCRATCH = `/tmp/hodei-launch-${process.pid}`;

/** Variables that a shell may export by itself. */
const SHELL_EXPORTS = new Set(['PATH', 'PWD', 'OLDPWD', 'SHLVL', '_']);

/**
 * What a launch order has to do in a real shell: the job is given just what was sent.
 * @param getShell the shell, once the tests run.
 * @param options.oddPrograms a folder, as the shell sees it, with {@link ODD_PROGRAMS}.
 */
export function describeLaunchInShell(
  name: string,
  getShell: () => ShellUnderTest,
  options: { readonly numRuns: number; readonly oddPrograms: string },
): void {
  const run = (parts: Partial<LaunchOrder>, rest?: string, before?: string): Promise<WorkerRun> =>
    runOrder(getShell(), parts, rest, before);
  const encode = (parts: Partial<LaunchOrder>): string => encodeFor(getShell(), orderFor(parts));
  const verdictOf = ({ stdout }: WorkerRun) =>
    parseLaunchMarker(stdout.subarray(0, stdout.indexOf('\n')).toString())?.verdict;

  const expectSeen = async ({ argv = [], env = {}, secrets = {} }: Partial<LaunchOrder>): Promise<void> => {
    const result = await run({ argv: sightingJob(argv), env, secrets });
    expect(verdictOf(result)).toBe('launched');
    const seen = parseSighting(result, argv.length);
    expect(seen.argv).toEqual(sightingJob(argv));
    const sent = { ...env, ...secrets };
    for (const [variable, value] of Object.entries(sent))
      expect([variable, seen.env.get(variable)]).toEqual([variable, value]);
    const extra = [...seen.env.keys()].filter(
      (variable) => !Object.hasOwn(sent, variable) && !SHELL_EXPORTS.has(variable),
    );
    expect(extra).toEqual([]);
    expect(seen.mostRepeated).toBeLessThanOrEqual(1);
  };

  describe(`a launch order in ${name}`, { timeout: 120_000 }, () => {
    test('hands over odd arguments as they are', async () => {
      await expectSeen({ argv: ODD_TEXTS });
    });

    test('hands over odd values of variables and secrets as they are', async () => {
      const variables = Object.fromEntries(ODD_TEXTS.map((text, index) => [`V${index}`, text]));
      await expectSeen({ env: variables });
      await expectSeen({ secrets: variables });
    });

    test('hands over variables with odd names, alone and together', async () => {
      for (const variable of ODD_NAMES) await expectSeen({ env: { [variable]: "7'\n" } });
      await expectSeen({ env: Object.fromEntries(ODD_NAMES.map((variable) => [variable, `${variable}\n`])) });
    });

    test('hands over whatever a process can be given', async () => {
      const anyOrder = fc.tuple(fc.array(anyText, { maxLength: 5 }), anyVariables);
      await fc.assert(
        fc.asyncProperty(anyOrder, async ([argv, variables]) => await expectSeen({ argv, ...variables })),
        { numRuns: options.numRuns },
      );
    });

    test('hands over a large argument', async () => {
      await expectSeen({ argv: ["it's\n".repeat(6000)] });
    });

    test.for([
      'plain',
      "it's",
      'two words',
      'new\nline',
      '-n',
      '$(no)',
      '`no`',
      'ünï',
      '\u0081\u0088',
      '*',
      'trailing ',
    ])('begins in its working directory, which it makes: %j', async (folder) => {
      const workdir = `${SCRATCH}/${folder}/inner`;
      const argv = ['/bin/sh', '-c', 'pwd -P'];
      const [first, again] = [await run({ argv, workdir }), await run({ argv, workdir })];
      expect([afterMarker(first), afterMarker(again)]).toEqual([`${workdir}\n`, `${workdir}\n`]);
    });

    test('says where the working directory can not be', async () => {
      const result = await run({ workdir: '/proc/no-such/dir' });
      expect([verdictOf(result), result.exitCode, result.stderr.toString()]).toEqual(['workdir-not-found', 125, '']);
    });

    test.for([
      'no-such-program',
      '/no/such/program',
      '-n',
      '-no-such',
      'a=b',
      '/no/such=program',
      "it's",
      '$(true)',
      '/tmp',
    ])('says that a program is not there: %j', async (program) => {
      const result = await run({ argv: [program] });
      expect([verdictOf(result), result.exitCode]).toEqual(['command-not-found', 127]);
    });

    test('says that a program can not be run', async () => {
      const result = await run({ argv: ['/etc/passwd'] });
      expect([verdictOf(result), result.exitCode]).toEqual(['command-not-executable', 126]);
    });

    test.for(ODD_PROGRAMS)('runs a program of an odd name, by its path and by PATH: %j', async (program) => {
      // The shell that the program is a script of needs no PATH; what else the launch needs must not be looked for there.
      const env = { PATH: options.oddPrograms };
      const runs = [
        { argv: [`${options.oddPrograms}/${program}`, 'x'] },
        { argv: [program, 'x'], env },
        { argv: [program, 'x'], env, workdir: `${SCRATCH}/odd` },
        ...(program.includes('=') ? [] : [{ argv: [program, 'x'], env: { ...env, 'my.var': '1' } }]),
      ];
      for (const parts of runs) {
        const result = await run(parts);
        expect(result.stderr.toString()).toBe('');
        expect(result.stdout.toString()).toBe(`${launchMarker(orderFor({}).nonce, 'launched')}\nran x\n`);
        expect(result.exitCode).toBe(9);
      }
    });

    test('leaves the rest of stdin to the job, unless it is reusable', async () => {
      if (getShell().isReusable === true) return expect(afterMarker(await run({ argv: ['cat'] }))).toBe('');
      const rest = "second line\n'third' line\n\nno newline";
      expect(afterMarker(await run({ argv: ['cat'] }, rest))).toBe(rest);
    });

    test('ends with 125 and no word where stdin ends within an order, wherever', async () => {
      const ahead = aheadOf(encode({ argv: ['echo', 'not this'], env: { A: 'b' } }));
      const torn = ['', "exit 0; echo 'no", ahead.slice(0, -5), ahead.trimEnd(), ahead, `${ahead}g`, `${ahead}go`];
      for (const input of [...torn, `${ahead}${VOID_LINE}`, `${ahead}\n`, `${ahead}go \n`]) {
        const { exitCode, stdout, stderr } = await runWorker(getShell(), input);
        expect([input, exitCode, String(stdout), String(stderr)]).toEqual([input, NEVER_LAUNCHED_EXIT_CODE, '', '']);
      }
    });

    test('forgets an order that is void, and runs the next one with nothing of it', async () => {
      const workdir = `${SCRATCH}/void`;
      const gone = { nonce: 'f'.repeat(32), argv: ['echo', 'not this'] };
      const orders = [
        gone,
        { ...gone, argv: ['no-such-program'] },
        { ...gone, argv: ['/etc/passwd'] },
        { ...gone, env: { A: 'b', PATH: '/none' }, workdir },
      ];
      const before = orders.map((order) => `${aheadOf(encode(order))}${VOID_LINE} `).join('');
      const argv = ['/bin/sh', '-c', `echo "\${A-unset}"; pwd; [ -d ${workdir} ] || echo none`];
      expect(afterMarker(await run({ argv }, '', before))).toBe('unset\n/\nnone\n');
    });

    test('gives the exit code of the job', async () => {
      for (const code of [0, 1, 7, 125, 255]) {
        expect((await run({ argv: ['/bin/sh', '-c', `exit ${code}`] })).exitCode).toBe(code);
      }
    });
  });
}
