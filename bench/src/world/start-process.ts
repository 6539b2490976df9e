import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A Node process that runs one of the workspace's modules from source. */
export interface Started {
  readonly process: ChildProcess;
  /** Resolves when it has written this on stdout; rejects where it ends before. */
  said(text: string): Promise<void>;
  readonly stdout: () => string;
  /** Resolves with its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

export function startProcess(
  module: string,
  args: readonly string[],
  options: {
    readonly env?: NodeJS.ProcessEnv;
    readonly nodeArgs?: readonly string[];
    /** Whether what it imports of the workspace is the source (the default) or what was built of it. */
    readonly kind?: 'source' | 'built';
    /** It leads a process group, which can be ended with all that it starts. */
    readonly ownGroup?: boolean;
  } = {},
): Started {
  const child = spawn(
    process.execPath,
    [
      ...(options.kind === 'built' ? [] : ['--conditions=@hodei/source']),
      '--disable-warning=ExperimentalWarning',
      ...(options.nodeArgs ?? []),
      module,
      ...args,
    ],
    { stdio: ['pipe', 'pipe', 'inherit'], env: options.env ?? process.env, detached: options.ownGroup === true },
  );
  let written = '';
  child.stdout.on('data', (data: Buffer) => (written += data.toString()));
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  const tooEarly = ended.then((code) => {
    throw new Error(`${module} ended with ${code} too early`);
  });
  tooEarly.catch(() => undefined);
  return {
    process: child,
    stdout: () => written,
    ended,
    said: async (text) => {
      while (!written.includes(text)) await Promise.race([once(child.stdout, 'data'), tooEarly]);
    },
  };
}
