import type { Command } from 'commander';

import type { Cli } from '../cli.ts';
import { collect } from '../options/collect.ts';
import { toJobInput, type JobOptions } from '../options/job-input.ts';
import { parseDuration } from '../options/parse-duration.ts';
import { parseNotBefore } from '../options/parse-since.ts';
import { parseCpu, parseWhole } from '../options/parse-number.ts';
import { parseSize } from '../options/parse-size.ts';
import { runDetached } from './run-detached.ts';
import { runJob } from './run-job.ts';

interface RunOptions extends JobOptions {
  readonly detach?: true;
  readonly json?: true;
  readonly quiet?: true;
}

const HELP = `
The job's stdout and stderr arrive byte for byte on stdout and stderr, and its exit code is the exit code.
What hodei says itself goes to stderr; --quiet leaves only what made the job impossible to run.
With --json, stdout holds nothing but one JSON document about the job, written at its end; what the job
writes goes to stderr then, its stdout and its stderr alike ("hodei jobs logs" tells them apart).
With --detach, only the job's id is printed (with --json, the job), and it runs on in the background.

Exit codes:
  the job's own, or
  124  it ran longer than --timeout          126  its program can't be executed
  125  hodei or the engine failed            127  its program is not in the image
  130  it was cancelled (Ctrl-C asks it to end, a second Ctrl-C kills it)
  137  it was killed for memory; 128+N: by signal N

Examples:
  $ hodei run -- echo hello
  $ hodei run --image node:24 --memory 512m --cpu 0.5 --timeout 10m -- node -e 'console.log(1)'
  $ hodei run --secret TOKEN --network bridge --retries 2 -- ./publish.sh
  $ id=$(hodei run --detach -- sleep 60) && hodei jobs logs -f "$id"
`;

export function addRunCommand(parent: Command, cli: Cli): void {
  parent
    .command('run')
    .summary('run a command in a container of its own and wait for its end')
    .description('Runs one job in a fresh container: prints what it prints, and exits as it exits.')
    .usage('[options] [--] [COMMAND] [ARG...]')
    .argument('[command...]', 'what to run; without it, what the image runs by itself')
    .passThroughOptions()
    .option('--image <image>', 'image to run it in (default: busybox, or HODEI_DEFAULT_IMAGE)')
    .option('--cpu <cores>', 'CPU cores it may use, like 2 or 0.5', (text) => parseCpu('--cpu', text))
    .option('--memory <size>', 'memory it may use, like 256m or 1g', (text) => parseSize('--memory', text))
    .option('--pids <number>', 'processes and threads it may have', whole('--pids', 1))
    .option('-e, --env <name[=value]>', 'variable; without a value, that of this environment', collect)
    .option('--secret <name[=value]>', 'variable that is kept nowhere in the open and masked in the output', collect)
    .option('-w, --workdir <directory>', 'where in the container it runs; made where it is missing')
    .option('--network <network>', 'none, bridge or the name of a network (default: none)')
    .option('--timeout <duration>', 'the longest it may run, like 90s or 1h30m', (text) =>
      parseDuration('--timeout', text),
    )
    .option(
      '--max-output <size>',
      'how much of its output is kept, like 10m; the rest is counted and dropped',
      (text) => parseSize('--max-output', text),
    )
    .option('--retries <number>', 'how often it is tried again when it fails', whole('--retries', 0, 99))
    .option('--priority <number>', 'higher runs earlier, from -1000 to 1000', whole('--priority', -1000, 1000))
    .option('--queue <name>', 'queue it waits in (default: default)')
    .option('--tenant <name>', 'for whom it is; the tenants of a queue share it')
    .option('--concurrency-key <key>', 'jobs with this key count together; see "hodei limits"')
    .option('--not-before <moment>', 'begin no earlier: in 10m, or at a time like 2026-01-31T12:00:00Z', (text) =>
      parseNotBefore('--not-before', text, cli.now()),
    )
    .option('--wait-timeout <duration>', 'the longest it may wait for its start, like 10m', (text) =>
      parseDuration('--wait-timeout', text),
    )
    .option('--name <name>', 'a name, for people')
    .option('-l, --label <name=value>', 'label, to find it by', collect)
    .option('--arch <architecture>', 'architecture it needs, like arm64')
    .option('-d, --detach', 'print its id and return at once')
    .option('--json', 'print a JSON document about it on stdout')
    .option('-q, --quiet', 'say nothing about the job itself')
    .addHelpText('after', HELP)
    .action(async (command: readonly string[], options: RunOptions) => {
      const input = toJobInput(command, options, cli.env);
      const how = { json: options.json ?? false, quiet: options.quiet ?? false };
      cli.exitCode = await (options.detach ? runDetached(cli, input, how) : runJob(cli, input, how));
    });
}

const whole =
  (option: string, least: number, most: number = Number.MAX_SAFE_INTEGER) =>
  (text: string): number =>
    parseWhole(option, text, least, most);
