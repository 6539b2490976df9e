import { isTerminalJobState, parseJobId } from '@hodei/domain';
import { jobToJson } from '@hodei/server';
import type { Command } from 'commander';

import type { Cli } from '../cli.ts';
import { EXIT } from '../output/job-exit-code.ts';
import { describeError } from '../output/report-error.ts';
import { requestedBy } from './requested-by.ts';
import { addChangeOptions, tellChange, type ChangeOptions } from './tell-change.ts';

export function addJobsCancelCommand(parent: Command, cli: Cli): void {
  const command = parent
    .command('cancel')
    .description('Asks jobs to end. One that runs is given some time to do so; one that has ended stays as it is.');
  addChangeOptions(command, { many: true })
    .argument('<id...>', 'ids of the jobs')
    .option('-f, --force', 'kill them, also where they were asked to end before')
    .action(async (ids: readonly string[], options: ChangeOptions & { readonly force?: true }) => {
      const { force = false } = options;
      const jobIds = ids.map(parseJobId);
      await using backend = cli.openBackend();
      for (const jobId of jobIds) {
        try {
          const job = await backend.cancel(jobId, requestedBy('hodei jobs cancel'), { force });
          const { state } = job;
          const words = isTerminalJobState(state) ? state : force ? 'is killed' : 'asked to end';
          await tellChange(cli, options, `${jobId} ${words}`, () => jobToJson(job), { many: true });
        } catch (error) {
          // The others are cancelled all the same.
          cli.exitCode = EXIT.platformFailed;
          await cli.stderr.write(describeError(error));
        }
      }
    });
}
