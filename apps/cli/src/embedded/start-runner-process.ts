import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';

import { HodeiError } from '@hodei/domain';
import type { Settings } from '@hodei/server';

/** What a background runner writes, in the data directory. */
export const RUNNER_LOG = 'runner.log';

/**
 * Starts a process of its own session that runs what is pending and then ends. It outlives us and our terminal. Where
 * several are started, each takes what the others have not.
 *
 * @param entry the program of this CLI.
 * @throws HodeiError `internal` where it can't be started.
 */
export async function startRunnerProcess(entry: string, { dataDir, env }: Settings): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await using log = await open(join(dataDir, RUNNER_LOG), 'a', 0o600);
  const child = spawn(process.execPath, [...process.execArgv, entry, 'runner'], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    // Its working directory need not be ours for long.
    cwd: dataDir,
    env: { ...env, HODEI_DATA_DIR: dataDir },
  });
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new HodeiError(
      'internal',
      `the background runner can't be started; the job stays pending, and "hodei runner" runs it`,
      { cause },
    );
  }
  child.unref();
}
