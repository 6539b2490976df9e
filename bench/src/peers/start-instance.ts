import { once } from 'node:events';
import { join } from 'node:path';

import { startProcess } from '../world/start-process.ts';
import type { SideName } from './open-side.ts';
import type { QueueSide } from './queue-side.ts';

/** One more instance of a side. */
export interface SideInstance extends AsyncDisposable, Required<Pick<QueueSide, 'work'>> {
  rest(): void;
}

/** Starts one more instance of a side. Disposing of it waits for its end. */
export async function startInstance(side: SideName, connectionString: string): Promise<SideInstance> {
  const child = startProcess(join(import.meta.dirname, 'run-instance.ts'), [side, connectionString]);
  await child.said('ready');
  const say = (turn: 'work' | 'rest'): void => void child.process.stdin?.write(`${turn}\n`);
  return {
    work: () => say('work'),
    rest: () => say('rest'),
    [Symbol.asyncDispose]: async () => {
      const ended = once(child.process, 'close');
      child.process.stdin?.end();
      await ended;
    },
  };
}
