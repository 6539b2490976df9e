import type { Command } from 'commander';

import type { Cli } from '../cli.ts';

/** What `hodei run --detach` leaves behind; people need not know of it. */
export function addRunnerCommand(parent: Command, cli: Cli): void {
  parent
    .command('runner', { hidden: true })
    .description('Runs the jobs that are pending on this machine, until none is pending or running here.')
    .action(async () => {
      await using backend = cli.openBackend();
      await backend.runPending();
    });
}
