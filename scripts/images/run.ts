import { execFile } from 'node:child_process';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a program to its end and answers its stdout. A failure carries the program's stderr. */
export const run = async (
  program: string,
  args: readonly string[],
  { cwd, env, input }: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly input?: Readable } = {},
): Promise<string> => {
  const running = execute(program, [...args], {
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    maxBuffer: 64 * 1024 * 1024,
  });
  if (input !== undefined && running.child.stdin !== null) {
    // When the program goes early, its own exit says why, better than the broken pipe would.
    await pipeline(input, running.child.stdin).catch(() => undefined);
  }
  const { stdout } = await running;
  return stdout;
};
