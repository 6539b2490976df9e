import { HodeiError, isHodeiError, toHodeiError, type Job, type JobInput } from '@hodei/domain';
import { jobToJson, parseJobInput } from '@hodei/server';
import type { Command } from 'commander';

import type { Cli } from '../cli.ts';
import { EXIT } from '../output/job-exit-code.ts';
import { describeError } from '../output/report-error.ts';
import { writeJsonLine } from '../output/write-json.ts';
import { addChangeOptions, type ChangeOptions } from './tell-change.ts';

/** So many lines are sent together, or fewer where they are long. */
const BATCH_LINES = 200;
const BATCH_CHARACTERS = 4 * 1024 * 1024;

const HELP = `
Each line of the file is one job, as JSON: the fields of POST /v1/jobs, as "/docs" of a server shows them. Empty lines
do not count. The id of each is printed, in their order; one that is refused is told on stderr, costs the others nothing,
and makes the exit code 125. They run in the background.

  {"image": "busybox", "command": ["echo", "one"], "labels": {"batch": "7"}}
  {"script": "echo two; sleep 1", "timeoutMs": 60000}`;

/** A line of the file. */
interface Line {
  readonly number: number;
  readonly text: string;
}

/** `hodei jobs submit`. */
export function addJobsSubmitCommand(parent: Command, cli: Cli): void {
  const command = parent
    .command('submit')
    .summary('submit many jobs from a file')
    .description('Submits the jobs of a file, one JSON document a line.')
    .argument('<file>', 'the file; "-": stdin')
    .addHelpText('after', HELP);
  addChangeOptions(command, { many: true }).action(async (path: string, options: ChangeOptions) => {
    await using backend = cli.openBackend();
    for await (const lines of batches(cli.readLines(path))) {
      const read = lines.map(({ text }) => readLine(text));
      const inputs = read.flatMap((input) => (isHodeiError(input) ? [] : [input]));
      // Where nothing is right, nothing is opened.
      const results = inputs.length === 0 ? [] : await backend.submitMany(inputs);
      let next = 0;
      for (const [index, input] of read.entries()) {
        const result = isHodeiError(input) ? input : results[next++];
        await tell(cli, options, lines[index]?.number ?? 0, result);
      }
    }
  });
}

async function* batches(texts: AsyncIterable<string>): AsyncGenerator<readonly Line[]> {
  let lines: Line[] = [];
  let characters = 0;
  let number = 0;
  for await (const text of texts) {
    number += 1;
    if (text.trim() === '') continue;
    if (lines.length === BATCH_LINES || (lines.length > 0 && characters + text.length > BATCH_CHARACTERS)) {
      yield lines;
      [lines, characters] = [[], 0];
    }
    lines.push({ number, text });
    characters += text.length;
  }
  if (lines.length > 0) yield lines;
}

function readLine(text: string): JobInput | HodeiError {
  try {
    return parseJobInput(JSON.parse(text));
  } catch (error) {
    return error instanceof SyntaxError ? new HodeiError('invalid_input', 'this is no JSON') : toHodeiError(error);
  }
}

async function tell(
  cli: Cli,
  { json, quiet }: ChangeOptions,
  line: number,
  result: Job | HodeiError | undefined,
): Promise<void> {
  if (result === undefined) throw new HodeiError('internal', `line ${line} has no answer`);
  if (!isHodeiError(result)) {
    if (json) await writeJsonLine(cli.stdout, { line, job: jobToJson(result) });
    else if (!quiet) await cli.stdout.write(`${result.id}\n`);
    return;
  }
  cli.exitCode = EXIT.platformFailed;
  const { code, message } = result;
  if (json) await writeJsonLine(cli.stdout, { line, error: { code, message } });
  else await cli.stderr.write(describeError(new HodeiError(code, `line ${line}: ${message}`)));
}
