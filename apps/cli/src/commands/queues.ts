import type { Queue, QueueView } from '@hodei/domain';
import type { Command } from 'commander';

import type { QueueChange } from '../backend.ts';
import type { Cli } from '../cli.ts';
import { parseWhole } from '../options/parse-number.ts';
import { renderTable, type Column } from '../output/table.ts';
import { writeJson, writeLines } from '../output/write-json.ts';

interface SetOptions {
  readonly weight?: number;
  /** `false`: `--no-max-in-flight`. */
  readonly maxInFlight?: number | false;
}

/** `hodei queues ls|set|pause|resume|rm`. */
export function addQueueCommands(parent: Command, cli: Cli): void {
  parent
    .command('ls')
    .description('Lists the queues that are configured or have jobs.')
    .option('--json', 'print a JSON array')
    .action(async ({ json }: { readonly json?: true }) => {
      await using backend = cli.openBackend();
      const queues = await backend.listQueues();
      if (json) return await writeJson(cli.stdout, queues);
      return await writeLines(cli.stdout, renderTable(COLUMNS, queues, cli.out.width));
    });

  const change = async (name: string, what: QueueChange): Promise<void> => {
    await using backend = cli.openBackend();
    await cli.stdout.write(`${describe(await backend.changeQueue(name, what))}\n`);
  };
  parent
    .command('set')
    .description('Changes the share of a queue, or how many of its jobs run at once.')
    .argument('<name>', 'name of the queue')
    .option('--weight <number>', 'its share beside other queues, from 1 to 1000', whole('--weight', 1000))
    .option('--max-in-flight <number>', 'how many of its jobs may run at once', whole('--max-in-flight', 1_000_000))
    .option('--no-max-in-flight', 'take that limit away')
    .action((name: string, { weight, maxInFlight }: SetOptions) =>
      change(name, {
        ...(weight === undefined ? {} : { weight }),
        ...(typeof maxInFlight === 'number' ? { maxInFlight } : maxInFlight === false ? { maxInFlight: null } : {}),
      }),
    );
  parent
    .command('pause')
    .description('Starts no more jobs of a queue; those that run go on.')
    .argument('<name>', 'name of the queue')
    .action((name: string) => change(name, { paused: true }));
  parent
    .command('resume')
    .description('Lets a paused queue go on.')
    .argument('<name>', 'name of the queue')
    .action((name: string) => change(name, { paused: false }));
  parent
    .command('rm')
    .description('Forgets how a queue is configured; its jobs stay in it.')
    .argument('<name>', 'name of the queue')
    .action(async (name: string) => {
      await using backend = cli.openBackend();
      await backend.deleteQueue(name);
    });
}

const whole =
  (option: string, most: number) =>
  (text: string): number =>
    parseWhole(option, text, 1, most);

const describe = ({ name, paused, weight, maxInFlight }: Queue): string =>
  `${name} ${paused ? 'paused' : 'active'}, weight ${weight}, ${maxInFlight === undefined ? 'no limit' : `at most ${maxInFlight} in flight`}`;

const COLUMNS: readonly Column<QueueView>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'STATE', value: ({ paused }) => (paused ? 'paused' : 'active') },
  { title: 'WEIGHT', value: ({ weight }) => String(weight), align: 'right' },
  { title: 'PENDING', value: ({ pending }) => String(pending), align: 'right' },
  { title: 'IN FLIGHT', value: ({ inFlight, maxInFlight }) => `${inFlight}/${maxInFlight ?? '-'}`, align: 'right' },
];
