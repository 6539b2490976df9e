import { once } from 'node:events';
import { join } from 'node:path';

import { startProcess } from '../world/start-process.ts';
import type { SideName } from './open-side.ts';

/** Starts one more instance of a side. Disposing of it waits for its end. */
export async function startInstance(side: SideName, connectionString: string): Promise<AsyncDisposable> {
  const child = startProcess(join(import.meta.dirname, 'run-instance.ts'), [side, connectionString]);
  await child.said('ready');
  return {
    [Symbol.asyncDispose]: async () => {
      const ended = once(child.process, 'close');
      child.process.stdin?.end();
      await ended;
    },
  };
}
