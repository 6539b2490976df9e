import { CommanderError, type Command } from 'commander';

import type { Cli } from './cli.ts';
import { EXIT } from './output/job-exit-code.ts';
import { describeError } from './output/report-error.ts';
import { ClosedOutputError } from './output/sink.ts';
import { buildProgram } from './program.ts';

/**
 * Runs one command line. Whatever goes wrong is told on stderr, in words; nothing is thrown.
 * @param argv what stands behind the name of the program.
 * @returns the exit code.
 */
export async function runCli(cli: Cli, argv: readonly string[], version: string): Promise<number> {
  const program = buildProgram(cli, version);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return endOfParsing(cli, error, commandOf(program, argv));
    if (error instanceof ClosedOutputError) return EXIT.outputClosed;
    const withCauses = ['debug', 'trace'].includes(cli.env['HODEI_LOG_LEVEL'] ?? '');
    // Where stderr is closed as well, the exit code says it alone.
    await cli.stderr.write(describeError(error, { withCauses })).catch(() => undefined);
    return EXIT.platformFailed;
  }
}

/** The command that the first words name, as far as they name one. */
function commandOf(program: Command, argv: readonly string[]): string {
  const path = [program.name()];
  let command: Command | undefined = program;
  for (const word of argv) {
    command = command.commands.find((child) => child.name() === word);
    if (command === undefined) break;
    path.push(word);
  }
  return path.join(' ');
}

/** commander throws for everything that ends a command line early, help and version too. */
async function endOfParsing(cli: Cli, { code, exitCode, message }: CommanderError, command: string): Promise<number> {
  if (exitCode === 0) return EXIT.ok;
  // The help of a command that needs another word was written already.
  if (code !== 'commander.help') {
    const words = message.replace(/^error: /, '').replaceAll('\n', ' ');
    await cli.stderr
      .write(`hodei: ${words} (invalid_input); "${command} --help" shows what is possible\n`)
      .catch(() => undefined);
  }
  return EXIT.platformFailed;
}
