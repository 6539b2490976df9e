import type { ProviderView } from '@hodei/application';
import { DEFAULT_OVERCOMMIT, type ProviderConfig } from '@hodei/domain';
import type { Command } from 'commander';
import { providerToJson } from '@hodei/server';

import type { Cli } from '../cli.ts';
import { renderDetails } from '../output/details.ts';
import { formatSize } from '../output/format-size.ts';
import type { Column } from '../output/table.ts';
import { oneLine } from '../output/width.ts';
import { writeJson, writeLines } from '../output/write-json.ts';
import { addChangeOptions, tellChange, type ChangeOptions } from './tell-change.ts';
import { addRowsOptions, writeRows, type RowsOptions } from './write-rows.ts';

export function addProvidersLsCommand(parent: Command, cli: Cli): void {
  const ls = parent.command('ls').description('Lists the providers of workers, with their health as it is now.');
  addRowsOptions(ls, 'names').action(async (options: RowsOptions) => {
    await using backend = cli.openBackend();
    const providers = await backend.listProviders();
    const nameOf = ({ config: { name } }: ProviderView): string => name;
    await writeRows(cli, options, providers, { columns: COLUMNS, nameOf, toJson: providerToJson });
  });
}

export function addProvidersGetCommand(parent: Command, cli: Cli): void {
  parent
    .command('get')
    .description('Shows a provider: its health as it is now, and what it can do.')
    .argument('<name>', 'name of the provider')
    .option('--json', 'print a JSON document')
    .action(async (name: string, options: { readonly json?: true }) => {
      await using backend = cli.openBackend();
      const provider = await backend.getProvider(name);
      if (options.json) return await writeJson(cli.stdout, providerToJson(provider));
      return await writeLines(cli.stdout, renderProvider(provider));
    });
}

export function addProvidersModeCommand(parent: Command, cli: Cli, verb: 'enable' | 'disable'): void {
  const mode: ProviderConfig['mode'] = verb === 'enable' ? 'active' : 'disabled';
  const command = parent
    .command(verb)
    .description(
      verb === 'enable' ? 'Lets a provider take jobs.' : 'Lets a provider finish what it has and take no more jobs.',
    );
  addChangeOptions(command)
    .argument('<name>', 'name of the provider')
    .action(async (name: string, options: ChangeOptions) => {
      await using backend = cli.openBackend();
      const config = await backend.changeProvider(name, { mode });
      const json = async (): Promise<unknown> => providerToJson(await backend.getProvider(name));
      await tellChange(cli, options, `${config.name} ${config.mode}`, json);
    });
}

const COLUMNS: readonly Column<ProviderView>[] = [
  { title: 'NAME', value: ({ config }) => config.name },
  { title: 'TYPE', value: ({ config }) => config.type, shrink: 3 },
  { title: 'STATUS', value: ({ status }) => status },
  { title: 'WORKERS', value: ({ liveWorkers, config }) => `${liveWorkers}/${config.maxWorkers}`, align: 'right' },
  { title: 'ARCH', value: ({ capabilities }) => capabilities?.architectures.join(',') ?? '-', shrink: 2 },
  { title: 'HEALTH', value: ({ health }) => oneLine([health.status, ...health.reasons].join('; ')), shrink: 1 },
];

/** What may be promised, and how it follows from what there is; absent where nothing bounds it. */
function renderPromise(most: string | undefined, factor: number): string | undefined {
  return most === undefined ? undefined : `${most} (${factor} times what there is)`;
}

function renderProvider({ config, status, health, liveWorkers, capabilities }: ProviderView): readonly string[] {
  const most = capabilities?.maxResources;
  const { capacity = {} } = config;
  const factors = { ...DEFAULT_OVERCOMMIT, ...config.overcommit };
  return renderDetails([
    ['name', config.name],
    ['id', config.id],
    ['type', config.type],
    ['status', status],
    ['health', oneLine([health.status, ...health.reasons].join('; '))],
    ['engine', health.engine],
    ['answered in', health.latencyMs === undefined ? undefined : `${Math.round(health.latencyMs)} ms`],
    ['workers', `${liveWorkers} of ${config.maxWorkers}`],
    ['architectures', capabilities?.architectures.join(', ')],
    ['CPUs', most?.cpu === undefined ? undefined : String(most.cpu)],
    ['memory', most?.memoryBytes === undefined ? undefined : formatSize(most.memoryBytes)],
    ['CPUs promised', renderPromise(capacity.cpu === undefined ? undefined : String(capacity.cpu), factors.cpu)],
    [
      'memory promised',
      renderPromise(capacity.memoryBytes === undefined ? undefined : formatSize(capacity.memoryBytes), factors.memory),
    ],
    ['enforces', capabilities?.enforcedLimits.join(', ')],
    ['runtimes', capabilities?.runtimes.join(', ')],
    ['features', capabilities?.features.join(', ') || undefined],
    [
      'labels',
      Object.entries(capabilities?.labels ?? config.labels)
        .map(([key, value]) => oneLine(`${key}=${value}`))
        .join(', ') || undefined,
    ],
  ]);
}
