import { Command } from 'commander';

import type { Cli } from './cli.ts';
import { addConfigCommand } from './commands/config.ts';
import { addCompletionCommands } from './commands/completion.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addJobsCancelCommand } from './commands/jobs-cancel.ts';
import { addJobsGetCommand } from './commands/jobs-get.ts';
import { addJobsLogsCommand } from './commands/jobs-logs.ts';
import { addJobsLsCommand } from './commands/jobs-ls.ts';
import { addJobsSubmitCommand } from './commands/jobs-submit.ts';
import { addLimitCommands } from './commands/limits.ts';
import { addPoolCommands } from './commands/pools.ts';
import { addProvidersGetCommand, addProvidersLsCommand, addProvidersModeCommand } from './commands/providers.ts';
import { addProvidersSetCommand } from './commands/providers-set.ts';
import { addQueueCommands } from './commands/queues.ts';
import { addRunCommand } from './commands/run.ts';
import { addRunnerCommand } from './commands/runner.ts';
import { addServeCommand } from './commands/serve.ts';
import { addWorkersDestroyCommand, addWorkersDrainCommand } from './commands/workers-end.ts';
import { addTokenCommands } from './commands/tokens.ts';
import { addTopCommand } from './commands/top.ts';
import { addWorkersGetCommand } from './commands/workers-get.ts';
import { addWorkersLsCommand } from './commands/workers-ls.ts';
import { addExamples } from './examples.ts';

const HELP = `
Without HODEI_URL, hodei works on this machine alone: it keeps its data in .hodei/ (HODEI_DATA_DIR), in a
Postgres of its own (HODEI_DATABASE_URL names another), and runs jobs on the local Docker Engine (DOCKER_HOST).
Several commands at once share all of it.

Examples:
  $ hodei run -- echo hello                 run a job and wait for it
  $ hodei run --detach -- sleep 60          run a job in the background
  $ hodei jobs ls --state running           what runs now
  $ hodei jobs get ID                       how a job went, and why
  $ hodei doctor                            what is wrong here

With --json, stdout holds one JSON document, or one on each line where a command says so. Tables and colours are made
for the terminal they go to; into a pipe or a file goes everything, without colours (NO_COLOR and FORCE_COLOR are
heeded). Every error of hodei's own is one line on stderr, and exit code 125.
`;

/** All commands. What they print goes to the sinks of `cli`, also the help. */
export function buildProgram(cli: Cli, version: string): Command {
  const program = new Command('hodei')
    .description('Runs jobs on ephemeral workers: one container per job, destroyed when done.')
    .version(version)
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void cli.stdout.write(text).catch(() => undefined),
      writeErr: (text) => void cli.stderr.write(text).catch(() => undefined),
      // Told by whoever catches the error, like every other.
      outputError: () => undefined,
      ...(cli.out.width === undefined ? {} : { getOutHelpWidth: () => cli.out.width ?? 80 }),
    })
    .addHelpText('after', HELP);
  addRunCommand(program, cli);

  const jobs = program.command('jobs').description('jobs: list, look at, read the output of, cancel, submit many');
  addJobsLsCommand(jobs, cli);
  addJobsGetCommand(jobs, cli);
  addJobsLogsCommand(jobs, cli);
  addJobsCancelCommand(jobs, cli);
  addJobsSubmitCommand(jobs, cli);

  const workers = program.command('workers').description('workers: list, look at, drain, destroy');
  addWorkersLsCommand(workers, cli);
  addWorkersGetCommand(workers, cli);
  addWorkersDrainCommand(workers, cli);
  addWorkersDestroyCommand(workers, cli);
  addPoolCommands(program.command('pools').description('pools of waiting workers: list, put, remove'), cli);

  const providers = program.command('providers').description('providers of workers: list, look at, enable, disable');
  addProvidersLsCommand(providers, cli);
  addProvidersGetCommand(providers, cli);
  addProvidersModeCommand(providers, cli, 'enable');
  addProvidersModeCommand(providers, cli, 'disable');
  addProvidersSetCommand(providers, cli);

  addQueueCommands(program.command('queues').description('queues: list, configure, pause, resume'), cli);
  addLimitCommands(program.command('limits').description('limits of concurrency keys: list, set, remove'), cli);

  addTokenCommands(program.command('tokens').description('tokens of the HTTP API: create, list, revoke'), cli);

  addTopCommand(program, cli);
  addServeCommand(program, cli, version);
  addConfigCommand(program, cli);
  addDoctorCommand(program, cli);
  addCompletionCommands(program, cli);
  addRunnerCommand(program, cli);
  addExamples(program);
  return program;
}
