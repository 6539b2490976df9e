import type { PoolView } from '@hodei/application';
import type { PoolInput } from '@hodei/domain';
import { poolToJson, poolViewToJson } from '@hodei/server';
import type { Command } from 'commander';

import type { Cli } from '../cli.ts';
import { defined } from '../defined.ts';
import { collect } from '../options/collect.ts';
import { parseDuration } from '../options/parse-duration.ts';
import { parseCpu, parseWhole } from '../options/parse-number.ts';
import { parseLabels } from '../options/parse-pairs.ts';
import { parseSize } from '../options/parse-size.ts';
import type { Column } from '../output/table.ts';
import { oneLine } from '../output/width.ts';
import { addChangeOptions, tellChange, type ChangeOptions } from './tell-change.ts';
import { addRowsOptions, writeRows, type RowsOptions } from './write-rows.ts';

interface PutOptions extends ChangeOptions {
  readonly image: string;
  readonly cpu?: number;
  /** Bytes. */
  readonly memory?: number;
  readonly pids?: number;
  readonly network?: string;
  readonly arch?: string;
  readonly label?: readonly string[];
  readonly provider?: string;
  readonly tenant?: string;
  readonly shareNetwork?: true;
  readonly min?: number;
  readonly max?: number;
  readonly maxWorkers?: number;
  /** Milliseconds. */
  readonly idleTtl?: number;
  readonly jobsPerWorker?: number;
  readonly auto?: true;
}

/** `hodei pools ls|put|rm`. */
export function addPoolCommands(parent: Command, cli: Cli): void {
  const ls = parent.command('ls').description('Lists the pools, with how many of their workers wait and run.');
  addRowsOptions(ls, 'names').action(async (options: RowsOptions) => {
    await using backend = cli.openBackend();
    const pools = await backend.listPools();
    const nameOf = ({ pool: { name } }: PoolView): string => name;
    await writeRows(cli, options, pools, { columns: COLUMNS, nameOf, toJson: poolViewToJson });
  });
  const put = parent
    .command('put')
    .summary('have workers wait for jobs that ask for just this')
    .description('Creates a pool, or replaces it. Instances that serve keep its workers waiting.');
  addChangeOptions(put)
    .argument('<name>', 'name of the pool')
    .requiredOption('--image <image>', 'image of its workers')
    .option('--cpu <cores>', 'CPU cores of each, like 2 or 0.5', (text) => parseCpu('--cpu', text))
    .option('--memory <size>', 'memory of each, like 256m or 1g', (text) => parseSize('--memory', text))
    .option('--pids <number>', 'processes and threads of each', whole('--pids', 1))
    .option('--network <network>', 'none, bridge or the name of a network (default: none)')
    .option('--arch <architecture>', 'architecture, like arm64')
    .option('-l, --label <name=value>', 'label of its workers; only jobs that carry it fit', collect)
    .option('--provider <name>', 'the only provider that makes them')
    .option('--tenant <name>', 'only for jobs of this tenant')
    .option(
      '--share-network',
      'they share one empty network namespace, which starts them faster; without --tenant only for jobs that have none',
    )
    .option('--min <number>', 'how many wait at least (default: 1)', whole('--min', 0))
    .option('--max <number>', 'how many wait at most', whole('--max', 0))
    .option('--max-workers <number>', 'how many there are at most, busy ones included', whole('--max-workers', 1))
    .option('--idle-ttl <duration>', 'the longest one waits that --min does not need, like 10m', (text) =>
      parseDuration('--idle-ttl', text),
    )
    .option(
      '--jobs-per-worker <number>',
      'how many jobs of one tenant one runs, one after another; files that a job leaves are there for the next',
      whole('--jobs-per-worker', 1),
    )
    .option('--auto', 'let arrivals and start times decide, between --min and --max')
    .action(async (name: string, options: PutOptions) => {
      await using backend = cli.openBackend();
      const pool = await backend.putPool(toPoolInput(name, options));
      const { minIdle, maxIdle, maxWorkers } = pool;
      const words = `${name}: ${minIdle} to ${maxIdle} wait, at most ${maxWorkers} in all`;
      await tellChange(cli, options, words, () => poolToJson(pool));
    });
  parent
    .command('rm')
    .description('Forgets a pool; its waiting workers are destroyed, its jobs go on.')
    .argument('<name>', 'name of the pool')
    .action(async (name: string) => {
      await using backend = cli.openBackend();
      await backend.deletePool(name);
    });
}

function toPoolInput(name: string, options: PutOptions): PoolInput {
  const {
    image,
    cpu,
    memory: memoryBytes,
    pids,
    network,
    arch: architecture,
    provider,
    tenant,
    shareNetwork,
  } = options;
  const { min: minIdle, max: maxIdle, maxWorkers, idleTtl: idleTtlMs, jobsPerWorker: maxJobsPerWorker, auto } = options;
  return {
    name,
    template: {
      image,
      resources: defined({ cpu, memoryBytes, pids }),
      labels: parseLabels('--label', options.label ?? []),
      ...defined({ network, architecture, provider, tenant, shareNetwork }),
    },
    ...defined({ minIdle, maxIdle, maxWorkers, idleTtlMs, maxJobsPerWorker }),
    ...(auto ? { policy: 'auto' } : {}),
  };
}

const whole =
  (option: string, least: number) =>
  (text: string): number =>
    parseWhole(option, text, least, 1_000_000);

const COLUMNS: readonly Column<PoolView>[] = [
  { title: 'NAME', value: ({ pool }) => pool.name },
  { title: 'IMAGE', value: ({ pool }) => oneLine(pool.template.image), shrink: 1 },
  { title: 'POLICY', value: ({ pool }) => pool.policy, shrink: 2 },
  { title: 'IDLE', value: ({ idle, pool }) => `${idle}/${pool.minIdle}-${pool.maxIdle}`, align: 'right' },
  { title: 'BUSY', value: ({ busy }) => String(busy), align: 'right' },
  {
    title: 'WORKERS',
    value: ({ idle, busy, other, pool }) => `${idle + busy + other}/${pool.maxWorkers}`,
    align: 'right',
  },
];
