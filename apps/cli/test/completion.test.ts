import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';

import type { Cli } from '../src/cli.ts';
import { completeWords, keyOf, visible, type Candidate } from '../src/completion/complete-words.ts';
import { shellScript, SHELLS } from '../src/completion/shell-script.ts';
import { VALUE_SOURCES } from '../src/completion/value-sources.ts';
import { buildProgram } from '../src/program.ts';

const program = buildProgram({ out: {} } as unknown as Cli, '1.2.3');

/** Each place has one value of its own, so that it shows which one was asked for. */
const find = (key: string): Promise<readonly Candidate[]> => Promise.resolve([{ value: `[${key}]` }]);
const complete = async (...words: readonly string[]): Promise<readonly string[]> =>
  (await completeWords(program, words, find)).map(({ value }) => value);

/** All commands, with the words that lead to them. */
const all = (
  command: Command,
  path: readonly string[] = [],
): readonly { command: Command; path: readonly string[] }[] => [
  { command, path },
  ...visible(command).flatMap((child) => all(child, [...path, child.name()])),
];
const commands = all(program);

describe('every command', () => {
  const without = (flag: string): readonly string[] =>
    commands
      .filter(({ command }) => visible(command).length === 0 && !command.options.some(({ long }) => long === flag))
      .map(({ path }) => path.join(' '));

  test('that prints something of ours has --json', () => {
    // What only takes something away prints nothing; a script for a shell is no JSON.
    expect(without('--json')).toEqual(['pools rm', 'queues rm', 'limits rm', 'serve', 'completion']);
  });

  test('that lists or changes something has --quiet', () => {
    const shows = ['jobs get', 'jobs logs', 'workers get', 'providers get', 'tokens create', 'top', 'config', 'doctor'];
    const silent = ['pools rm', 'queues rm', 'limits rm', 'serve', 'completion'];
    expect(without('--quiet').toSorted()).toEqual([...shows, ...silent].toSorted());
  });
});

describe('completion', () => {
  test('knows what the program has now', () => {
    expect(commands.map(({ path }) => path.join(' '))).toEqual(
      expect.arrayContaining(['run', 'jobs logs', 'workers drain', 'queues set', 'tokens revoke', 'top']),
    );
  });

  test.each(commands.map(({ command, path }) => [path.join(' '), command, path] as const))(
    'of "hodei %s" offers all that it has',
    async (_, command, path) => {
      expect(await complete(...path, '')).toEqual(expect.arrayContaining(visible(command).map((each) => each.name())));
      const flags = command.options.filter(({ hidden }) => !hidden).map(({ long }) => long);
      expect(await complete(...path, '-')).toEqual(expect.arrayContaining([...flags, '--help']));
      for (const [index, argument] of command.registeredArguments.entries()) {
        const before = Array.from({ length: index }, () => 'x');
        if (!argument.variadic) expect(await complete(...path, ...before, '')).toContain(`[${keyOf(path, argument)}]`);
      }
      for (const option of command.options.filter(({ required }) => required))
        expect(await complete(...path, option.long ?? '', '')).toEqual([`[${keyOf(path, option)}]`]);
    },
  );

  test('has no source of values for what is not there', () => {
    const known = commands.flatMap(({ command, path }) =>
      [...command.registeredArguments, ...command.options].map((taker) => keyOf(path, taker)),
    );
    expect(Object.keys(VALUE_SOURCES).filter((key) => !known.includes(key))).toEqual([]);
  });

  test('has values for every id and name of what there is', () => {
    const named = commands
      .filter(({ path }) => !['create', 'put', 'set'].includes(path.at(-1) ?? ''))
      .flatMap(({ command, path }) => command.registeredArguments.map((argument) => keyOf(path, argument)))
      .filter((key) => /<(id|name|key)>$/.test(key));
    expect(named.filter((key) => !Object.hasOwn(VALUE_SOURCES, key))).toEqual([]);
  });

  test.each([
    [['ru'], ['run']],
    [['jobs', 'l'], ['logs', 'ls'], 'sorted'],
    [['jobs', 'ls', '--st'], ['--state']],
    [['jobs', 'ls', '--state', ''], ['[jobs ls --state]']],
    [['jobs', 'ls', '--state=['], ['--state=[jobs ls --state]']],
    // As bash gives it: only what follows the "=" is replaced.
    [['jobs', 'ls', '--state', '='], ['[jobs ls --state]']],
    [['jobs', 'ls', '--state', '=', '[j'], ['[jobs ls --state]']],
    [['jobs', 'ls', '--state', 'running', '--lim'], ['--limit']],
    [['jobs', 'get', '[x'], []],
    [['jobs', 'get', 'an-id', ''], []],
    [['run', '--image', 'busybox', '--net'], ['--network']],
    // What runs in the container is not ours.
    [['run', '--', '--net'], []],
    [['run', 'sh', '--net'], []],
    [['nonsense', 'ls', ''], []],
    [['__'], []],
  ])('of %j is %j', async (words, expected, order?: string) => {
    const found = await complete(...words);
    expect(order === 'sorted' ? found.toSorted() : found).toEqual(expected);
  });
});

describe.each(SHELLS)('the script for %s', (shell) => {
  test('asks the program that is typed, and knows nothing by itself', () => {
    const script = shellScript(shell);
    expect(script).toContain('__complete --');
    for (const { path } of commands.filter(({ path: words }) => words.length === 2))
      expect(script).not.toMatch(new RegExp(String.raw`\b${path.join(' ')}\b`));
  });
});
