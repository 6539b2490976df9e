import { readFileSync } from 'node:fs';

import { openBackend } from './open-backend.ts';
import { openScreen } from './output/screen.ts';
import { openSink } from './output/sink.ts';
import { describeTerminal } from './output/terminal.ts';
import { readLines } from './read-lines.ts';
import { runCli } from './run-cli.ts';

/**
 * Runs the command line of this process, and sets what it will exit with.
 * @param entry the program of this CLI, for those that it starts itself.
 */
export async function start(entry: string): Promise<void> {
  const { env } = process;
  const stdout = openSink(1);
  const stderr = openSink(2);
  process.exitCode = await runCli(
    {
      env,
      stdout,
      stderr,
      out: describeTerminal(1, env),
      err: describeTerminal(2, env),
      openScreen: () => openScreen(stdout, env),
      now: Date.now,
      readLines,
      openBackend: ({ quiet = false } = {}) => openBackend({ env, stderr, entry, quiet }),
      exitCode: 0,
    },
    process.argv.slice(2),
    readVersion(),
  );
}

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
