import type { Queue, QueueView } from '@hodei/domain';
import type { Command } from 'commander';

import type { QueueChange } from '../backend.ts';
import type { Cli } from '../cli.ts';
import { parseWhole } from '../options/parse-number.ts';
import type { Column } from '../output/table.ts';
import { addChangeOptions, nothingToChange, tellChange, type ChangeOptions } from './tell-change.ts';
import { addRowsOptions, writeRows, type RowsOptions } from './write-rows.ts';

interface SetOptions extends ChangeOptions {
  readonly weight?: number;
  /** `false`: `--no-max-in-flight`. */
  readonly maxInFlight?: number | false;
}

/** `hodei queues ls|set|pause|resume|rm`. */
export function addQueueCommands(parent: Command, cli: Cli): void {
  const ls = parent.command('ls').description('Lists the queues that are configured or have jobs.');
  addRowsOptions(ls, 'names').action(async (options: RowsOptions) => {
    await using backend = cli.openBackend();
    const queues = await backend.listQueues();
    await writeRows(cli, options, queues, { columns: COLUMNS, nameOf: ({ name }) => name, toJson: (queue) => queue });
  });

  const change = async (name: string, what: QueueChange, options: ChangeOptions): Promise<void> => {
    await using backend = cli.openBackend();
    const queue = await backend.changeQueue(name, what);
    await tellChange(cli, options, describe(queue), () => queue);
  };
  const set = parent.command('set').description('Changes the share of a queue, or how many of its jobs run at once.');
  addChangeOptions(set)
    .argument('<name>', 'name of the queue')
    .option('--weight <number>', 'its share beside other queues, from 1 to 1000', whole('--weight', 1000))
    .option('--max-in-flight <number>', 'how many of its jobs may run at once', whole('--max-in-flight', 1_000_000))
    .option('--no-max-in-flight', 'take that limit away')
    .action((name: string, options: SetOptions) => change(name, toChange(options), options));
  addChangeOptions(parent.command('pause').description('Starts no more jobs of a queue; those that run go on.'))
    .argument('<name>', 'name of the queue')
    .action((name: string, options: ChangeOptions) => change(name, { paused: true }, options));
  addChangeOptions(parent.command('resume').description('Lets a paused queue go on.'))
    .argument('<name>', 'name of the queue')
    .action((name: string, options: ChangeOptions) => change(name, { paused: false }, options));
  parent
    .command('rm')
    .description('Forgets how a queue is configured; its jobs stay in it.')
    .argument('<name>', 'name of the queue')
    .action(async (name: string) => {
      await using backend = cli.openBackend();
      await backend.deleteQueue(name);
    });
}

/** @throws HodeiError `invalid_input` where nothing is to be changed. */
function toChange({ weight, maxInFlight }: SetOptions): QueueChange {
  if (weight === undefined && maxInFlight === undefined) throw nothingToChange();
  return {
    ...(weight === undefined ? {} : { weight }),
    ...(maxInFlight === undefined ? {} : { maxInFlight: maxInFlight === false ? null : maxInFlight }),
  };
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
  { title: 'WEIGHT', value: ({ weight }) => String(weight), align: 'right', shrink: 1 },
  { title: 'PENDING', value: ({ pending }) => String(pending), align: 'right' },
  { title: 'IN FLIGHT', value: ({ inFlight, maxInFlight }) => `${inFlight}/${maxInFlight ?? '-'}`, align: 'right' },
];
