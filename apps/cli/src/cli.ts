import type { Backend } from './backend.ts';
import type { Screen } from './output/screen.ts';
import type { Sink } from './output/sink.ts';
import type { Terminal } from './output/terminal.ts';

/** All that a command touches outside itself. */
export interface Cli {
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** What stdout is connected to. */
  readonly out: Terminal;
  /** What stderr is connected to. */
  readonly err: Terminal;
  /** Takes the whole terminal for this command; absent where stdout is none. */
  readonly openScreen: () => Promise<Screen | undefined>;
  readonly now: () => number;
  /** The lines of a file, or of stdin (`-`). @throws HodeiError `invalid_input` where it can't be read. */
  readonly readLines: (path: string) => AsyncIterable<string>;
  /**
   * The backend that the environment names. Nothing is opened yet.
   * @param options.quiet it does not tell of what went wrong and was dealt with.
   * @throws HodeiError `config_invalid`, `unsupported`
   */
  readonly openBackend: (options?: { readonly quiet?: boolean }) => Backend;
  /** What the process will exit with; a command sets it where it is not 0. */
  exitCode: number;
}
