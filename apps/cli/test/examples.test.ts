import { HodeiError } from '@hodei/domain';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';

import type { Cli } from '../src/cli.ts';
import { visible } from '../src/completion/complete-words.ts';
import { buildProgram } from '../src/program.ts';
import { runCli } from '../src/run-cli.ts';

const ID = '01890a5d-ac96-774b-bcce-b302099a8057';

/** Runs a command line as far as its backend, and gives what it wrote. */
async function run(argv: readonly string[]): Promise<string> {
  const written: string[] = [];
  const sink = { write: async (data: Uint8Array | string) => void written.push(Buffer.from(data).toString()) };
  const plain = { isTerminal: false, paint: (_: unknown, text: string): string => text };
  const cli: Cli = {
    env: { TOKEN: 'x' },
    stdout: sink,
    stderr: sink,
    out: plain,
    err: plain,
    openScreen: () => Promise.resolve(undefined),
    now: Date.now,
    readLines: async function* () {},
    openBackend: () => {
      throw new HodeiError('unavailable', 'as far as the backend');
    },
    exitCode: 0,
  };
  await runCli(cli, argv, '1.2.3');
  return written.join('');
}

const leaves = (command: Command, path: readonly string[] = []): readonly string[] => {
  const children = visible(command);
  return children.length === 0 ? [path.join(' ')] : children.flatMap((child) => leaves(child, [...path, child.name()]));
};
const program = buildProgram({ out: {} } as unknown as Cli, '1.2.3');

describe('the help of every command', () => {
  test.each(leaves(program))('hodei %s: has examples that can be typed', async (path) => {
    const help = await run([...path.split(' '), '--help']);
    const lines = [...help.matchAll(/^ {2}(?:\$ )?((?:source <\()?(?:[A-Z_]+=\S+ )*hodei .*)$/gm)].map(
      ([, line = '']) => line,
    );
    const own = lines.filter((line) => line.includes(`hodei ${path}`));
    expect(own).not.toEqual([]);
    for (const line of own) {
      const words = line.slice(line.indexOf('hodei ') + 6).replace(/ [|#&].*$|\).*$/, '');
      const argv = [...words.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
      // It serves until it is told to end.
      if (path === 'serve') continue;
      const answer = await run(argv.map((word) => (word === 'ID' ? ID : word)));
      expect(answer).not.toContain('invalid_input');
    }
  });
});
