import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '..', '..', 'apps', 'cli', 'src', 'main.ts');

/** What chaos does to one life of an instance. */
export interface Death {
  readonly instance: string;
  /** Of each of its lives so far, the last one is the one that ended. */
  readonly epochs: readonly number[];
  readonly at: number;
  readonly how: 'killed' | 'paused' | 'told to end';
}

/** One of the `hodei serve` processes, which is started again after its end. */
export class InstanceProcess {
  readonly name: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #logFile: string;
  #child: ChildProcess | undefined;
  /** The epochs of the process that runs now. */
  #epochs: number[] = [];

  constructor(name: string, env: NodeJS.ProcessEnv, folder: string) {
    this.name = name;
    this.#env = env;
    this.#logFile = join(folder, `${name}.log`);
  }

  get epochs(): readonly number[] {
    return this.#epochs;
  }

  /** Starts it; resolves when it runs jobs, or has ended before that (the database may be away). */
  async start(): Promise<boolean> {
    if (this.#child !== undefined) return true;
    this.#epochs = [];
    const log = await open(this.#logFile, 'a');
    const args = ['--conditions=@hodei/source', '--disable-warning=ExperimentalWarning', MAIN, 'serve'];
    const child = spawn(process.execPath, args, { env: this.#env, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    child.once('exit', () => {
      if (this.#child === child) this.#child = undefined;
      void log.close();
    });
    const { promise: running, resolve } = Promise.withResolvers<boolean>();
    child.once('exit', () => resolve(false));
    let rest = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      void log.appendFile(text).catch(() => undefined);
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const epoch = /"epoch":(\d+).*this instance runs jobs/.exec(line)?.[1];
        if (epoch === undefined) continue;
        this.#epochs.push(Number(epoch));
        resolve(true);
      }
    });
    return running;
  }

  /** Sends a signal; one that ends it is waited for. */
  async send(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const ends = signal === 'SIGKILL' || signal === 'SIGTERM';
    const ended = ends ? once(child, 'exit') : undefined;
    child.kill(signal);
    await ended;
  }
}
