import type { Overcommit, ProviderPatch } from '@hodei/domain';
import { providerToJson } from '@hodei/server';
import type { Command } from 'commander';

import type { Cli } from '../cli.ts';
import { defined } from '../defined.ts';
import { parseFactor, parseWhole } from '../options/parse-number.ts';
import { addChangeOptions, nothingToChange, tellChange, type ChangeOptions } from './tell-change.ts';

interface SetOptions extends ChangeOptions {
  readonly maxWorkers?: number;
  readonly priority?: number;
  readonly overcommitCpu?: number;
  readonly overcommitMemory?: number;
}

/** `hodei providers set`. */
export function addProvidersSetCommand(parent: Command, cli: Cli): void {
  const command = parent
    .command('set')
    .summary('change how much a provider may be given')
    .description('Changes how many workers a provider may have, and how much it may promise them. What runs goes on.');
  addChangeOptions(command)
    .argument('<name>', 'name of the provider')
    .option('--max-workers <number>', 'how many workers it has at most', (text) =>
      parseWhole('--max-workers', text, 1, 100_000),
    )
    .option('--priority <number>', 'higher is preferred by the strategy "priority"', (text) =>
      parseWhole('--priority', text, -1000, 1000),
    )
    .option('--overcommit-cpu <factor>', 'how many times its CPUs may be promised (default: 4)', (text) =>
      parseFactor('--overcommit-cpu', text),
    )
    .option('--overcommit-memory <factor>', 'how many times its memory may be promised (default: 1)', (text) =>
      parseFactor('--overcommit-memory', text),
    )
    .action(async (name: string, options: SetOptions) => {
      await using backend = cli.openBackend();
      const { overcommit } = (await backend.getProvider(name)).config;
      const config = await backend.changeProvider(name, toPatch(options, overcommit));
      const json = async (): Promise<unknown> => providerToJson(await backend.getProvider(name));
      await tellChange(cli, options, `${config.name}: at most ${config.maxWorkers} workers`, json);
    });
}

/** The two factors are one value: the one that is not named stays as it is. */
function toPatch(options: SetOptions, before: Overcommit = {}): ProviderPatch {
  const { maxWorkers, priority, overcommitCpu: cpu, overcommitMemory: memory } = options;
  const factors = defined({ cpu, memory });
  const patch = {
    ...defined({ maxWorkers, priority }),
    ...(Object.keys(factors).length === 0 ? {} : { overcommit: { ...before, ...factors } }),
  };
  if (Object.keys(patch).length > 0) return patch;
  throw nothingToChange();
}
