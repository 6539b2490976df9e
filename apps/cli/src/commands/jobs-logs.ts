import { parseJobId, type LogRecord, type OutputStream } from '@hodei/domain';
import { recordToJson } from '@hodei/server';
import type { Command } from 'commander';

import type { Cli } from '../cli.ts';
import { parseSince } from '../options/parse-since.ts';
import { parseWhole } from '../options/parse-number.ts';
import { copyOutput } from '../output/copy-output.ts';
import { lastLines } from '../output/last-lines.ts';
import { createGapTeller } from '../output/tell-gaps.ts';
import { writeJsonLine } from '../output/write-json.ts';

interface LogsOptions {
  readonly follow?: true;
  readonly stdout?: true;
  readonly stderr?: true;
  readonly since?: string;
  readonly tail?: number;
  readonly json?: true;
}

export function addJobsLogsCommand(parent: Command, cli: Cli): void {
  parent
    .command('logs')
    .description('Prints what a job has written, byte for byte: its stdout on stdout, its stderr on stderr.')
    .argument('<id>', 'id of the job')
    .option('-f, --follow', 'go on until the job has ended')
    .option('--stdout', 'only its stdout')
    .option('--stderr', 'only its stderr')
    .option(
      '--since <moment>',
      'only what it wrote since then: a time like 2026-01-31T12:00:00Z, or how long ago, like 10m',
    )
    .option('--tail <lines>', 'only the last so many lines of what is there', (text) =>
      parseWhole('--tail', text, 0, 1_000_000),
    )
    .option('--json', 'one JSON document a line for each record, bytes in base64, and gaps among them')
    .action(async (id: string, options: LogsOptions) => {
      const jobId = parseJobId(id);
      const stream = onlyStream(options);
      const query = {
        jobId,
        ...(stream === undefined ? {} : { stream }),
        ...(options.since === undefined ? {} : { since: parseSince('--since', options.since, cli.now()) }),
      };
      await using backend = cli.openBackend();
      const onGap = createGapTeller(cli.stderr);
      const show = async (records: AsyncIterable<LogRecord>): Promise<void> => {
        if (options.json) for await (const record of records) await writeJsonLine(cli.stdout, recordToJson(record));
        else await copyOutput(records, cli, { onGap });
      };
      let afterSeq = 0;
      if (options.tail !== undefined) {
        const end = await lastLines(
          passing(backend.followOutput(query), (seq) => (afterSeq = seq)),
          options.tail,
        );
        await show(iterate(end));
        if (!options.follow) return;
      }
      await show(backend.followOutput({ ...query, afterSeq, follow: options.follow ?? false }));
    });
}

/** The one stream to read; both options together mean both. */
const onlyStream = ({ stdout, stderr }: LogsOptions): OutputStream | undefined =>
  stdout === stderr ? undefined : stdout ? 'stdout' : 'stderr';

async function* passing<Item extends { readonly seq: number }>(
  items: AsyncIterable<Item>,
  onSeq: (seq: number) => void,
): AsyncGenerator<Item> {
  for await (const item of items) {
    onSeq(item.seq);
    yield item;
  }
}

async function* iterate<Item>(items: Iterable<Item>): AsyncGenerator<Item> {
  yield* items;
}
