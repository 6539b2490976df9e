import { existsSync } from 'node:fs';

import { parseSettings } from '@hodei/server';
import type { Command } from 'commander';

import type { Cli } from '../cli.ts';
import { completeWords, type Candidate, type ValueKey } from '../completion/complete-words.ts';
import { liveValues } from '../completion/live-values.ts';
import { COMPLETE_COMMAND, SHELLS, shellScript } from '../completion/shell-script.ts';
import { VALUE_SOURCES } from '../completion/value-sources.ts';
import { parseChoice } from '../options/parse-choice.ts';
import { EXIT } from '../output/job-exit-code.ts';
import { oneLine } from '../output/width.ts';
import { writeLines } from '../output/write-json.ts';

/** Nobody waits longer after a press of the tab key, in milliseconds. */
const PATIENCE_MS = 3000;

/** `hodei completion bash|zsh|fish`, and the hidden command that the shells call. */
export function addCompletionCommands(program: Command, cli: Cli): void {
  program
    .command('completion')
    .summary('print what a shell needs to complete hodei commands')
    .description('Prints a script that completes commands, options and values, like the ids of jobs.')
    .argument('<shell>', SHELLS.join(', '), (text) => parseChoice('<shell>', text, SHELLS))
    .addHelpText(
      'after',
      `
Add one of these to the file that your shell reads at its start:
  source <(hodei completion bash)
  source <(hodei completion zsh)      # after compinit
  hodei completion fish | source`,
    )
    .action((shell: (typeof SHELLS)[number]) => cli.stdout.write(shellScript(shell)));

  program
    .command(COMPLETE_COMMAND, { hidden: true })
    .argument('[words...]')
    .passThroughOptions()
    .action(async (words: readonly string[]) => {
      // Whatever a server or a database is waited for.
      const late = setTimeout(() => process.exit(EXIT.ok), PATIENCE_MS);
      try {
        const candidates = await completeWords(program, words, (key) => findValues(cli, key));
        await writeLines(cli.stdout, candidates.map(toLine));
      } finally {
        clearTimeout(late);
      }
    });
}

const toLine = ({ value, about = '' }: Candidate): string => `${oneLine(value)}\t${oneLine(about)}`;

/** What can't be had is left out: nobody wants to read an error in the middle of a line that they type. */
async function findValues(cli: Cli, key: ValueKey): Promise<readonly Candidate[]> {
  const source = VALUE_SOURCES[key];
  if (source === undefined) return [];
  if (typeof source !== 'string') return source.map((value) => ({ value }));
  try {
    const { url, databaseUrl, dataDir } = parseSettings(cli.env);
    // Where nothing ever ran, there is nothing to choose from, and no reason to make an installation.
    if (url === undefined && databaseUrl === undefined && !existsSync(dataDir)) return [];
    await using backend = cli.openBackend({ quiet: true });
    return await liveValues(backend, source);
  } catch {
    return [];
  }
}
