import { parseSettings, serve } from '@hodei/server';
import type { Command } from 'commander';

import type { Cli } from '../cli.ts';
import { Interruptions } from './interruptions.ts';

export function addServeCommand(parent: Command, cli: Cli, version: string): void {
  parent
    .command('serve')
    .description('run jobs as a service, until it is told to end')
    .addHelpText(
      'after',
      `
Answers HTTP at HODEI_LISTEN (127.0.0.1:7433; "off": nowhere): /docs shows how. Runs what any "hodei" submits to the
same database, and what instances that died have left. Several may share one database. Ctrl-C or SIGTERM drains: nothing
more is begun, what runs has HODEI_DRAIN_TIMEOUT_MS (30000) to end, and what is left then is taken up by another instance;
a second one hands it over at once. HODEI_LOG_LEVEL=info tells what it does.
"hodei config" shows all settings.`,
    )
    .action(async () => {
      using interruptions = new Interruptions();
      await serve(parseSettings(cli.env), interruptions.first, {
        version,
        hurry: interruptions.second,
        onListening: (url) => void cli.stderr.write(`hodei: listening at ${url}\n`).catch(() => undefined),
      });
    });
}
