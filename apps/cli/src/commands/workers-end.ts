import { parseWorkerId } from '@hodei/domain';
import { workerToJson } from '@hodei/server';
import type { Command } from 'commander';

import type { Backend } from '../backend.ts';
import type { Cli } from '../cli.ts';
import { EXIT } from '../output/job-exit-code.ts';
import { describeError } from '../output/report-error.ts';
import { requestedBy } from './requested-by.ts';
import { addChangeOptions, tellChange, type ChangeOptions } from './tell-change.ts';

export function addWorkersDrainCommand(parent: Command, cli: Cli): void {
  add(parent, cli, {
    verb: 'drain',
    description: 'Lets workers finish the job they have, take no other, and go.',
    asked: 'asked to drain',
    ask: (backend, ...request) => backend.drainWorker(...request),
  });
}

export function addWorkersDestroyCommand(parent: Command, cli: Cli): void {
  add(parent, cli, {
    verb: 'destroy',
    description: 'Destroys workers now, whatever they do. A job in one is killed and tried again on another.',
    asked: 'asked to end',
    ask: (backend, ...request) => backend.destroyWorker(...request),
  });
}

interface EndCommand {
  readonly verb: string;
  readonly description: string;
  readonly asked: string;
  readonly ask: (
    backend: Backend,
    ...request: Parameters<Backend['drainWorker']>
  ) => ReturnType<Backend['drainWorker']>;
}

function add(parent: Command, cli: Cli, { verb, description, asked, ask }: EndCommand): void {
  addChangeOptions(parent.command(verb).description(description), { many: true })
    .argument('<id...>', 'ids of the workers')
    .action(async (ids: readonly string[], options: ChangeOptions) => {
      const workerIds = ids.map(parseWorkerId);
      await using backend = cli.openBackend();
      for (const workerId of workerIds) {
        try {
          const { state } = await ask(backend, workerId, requestedBy(`hodei workers ${verb}`));
          const words = state === 'terminating' || state === 'terminated' ? state : asked;
          const json = async (): Promise<unknown> => workerToJson(await backend.getWorker(workerId));
          await tellChange(cli, options, `${workerId} ${words}`, json, { many: true });
        } catch (error) {
          // The others are asked all the same.
          cli.exitCode = EXIT.platformFailed;
          await cli.stderr.write(describeError(error));
        }
      }
    });
}
