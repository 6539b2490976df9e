import { isTerminalJobState, parseJobId } from '@hodei/domain';
import type { Command } from 'commander';

import type { Cli } from '../cli.ts';
import { EXIT } from '../output/job-exit-code.ts';
import { describeError } from '../output/report-error.ts';
import { requestedBy } from './requested-by.ts';

export function addJobsCancelCommand(parent: Command, cli: Cli): void {
  parent
    .command('cancel')
    .description('Asks jobs to end. One that runs is given some time to do so; one that has ended stays as it is.')
    .argument('<id...>', 'ids of the jobs')
    .option('-f, --force', 'kill them, also where they were asked to end before')
    .option('-q, --quiet', 'say nothing about what became of them')
    .action(
      async (ids: readonly string[], { quiet, force = false }: { readonly quiet?: true; readonly force?: boolean }) => {
        const jobIds = ids.map(parseJobId);
        await using backend = cli.openBackend();
        for (const jobId of jobIds) {
          try {
            const { state } = await backend.cancel(jobId, requestedBy('hodei jobs cancel'), { force });
            const words = isTerminalJobState(state) ? state : force ? 'is killed' : 'asked to end';
            if (!quiet) await cli.stdout.write(`${jobId} ${words}\n`);
          } catch (error) {
            // The others are cancelled all the same.
            cli.exitCode = EXIT.platformFailed;
            await cli.stderr.write(describeError(error));
          }
        }
      },
    );
}
