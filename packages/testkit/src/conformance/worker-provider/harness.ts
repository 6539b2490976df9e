import type { InstallationId, OutputStream, WorkerHandle, WorkerId, WorkerProvider } from '@hodei/domain';

type Argv = readonly string[];

/**
 * Commands that the suite runs, as argv for the harness' image. {@link posixCommands} has them for everything
 * with a POSIX shell.
 */
export interface ConformanceCommands {
  /** Exits with this code and writes nothing. */
  exit(code: number): Argv;
  /** Writes just this text, no newline added, and exits with 0. */
  print(stream: OutputStream, text: string): Argv;
  /** Writes just these bytes on stdout, of which there are few, and exits with 0. */
  printBytes(bytes: Uint8Array): Argv;
  /** Writes one text on stdout and one on stderr, and exits with this code. */
  printBoth(stdout: string, stderr: string, code: number): Argv;
  /** Writes the text (letters and digits, with at most a final newline) on stdout over and over, cut at so many bytes. */
  repeat(text: string, bytes: number): Argv;
  /** Writes the texts (letters and digits, with a final newline each) on stdout, with a pause between, and exits with this code. */
  slowly(texts: readonly string[], pauseMs: number, code: number): Argv;
  /** Copies stdin to stdout to its end, and exits with 0. */
  readStdin(): Argv;
  /** Writes the value of a variable, no newline added. */
  printEnv(name: string): Argv;
  /** Writes the working directory and a newline. */
  printWorkdir(): Argv;
  /** Writes `ready` and a newline, then waits for ever; SIGTERM ends it. */
  waitForever(): Argv;
  /** The same, with a child process that has its stdout and waits as well. */
  waitWithChild(): Argv;
  /** Leaves a child process that has its stdout and waits; writes `ready` and a newline, and exits with 0. */
  leaveChild(): Argv;
  /** As {@link waitForever}, deaf to SIGTERM. */
  ignoreTerm(): Argv;
  /**
   * Writes `ready` and a newline, waits for SIGTERM, and for a moment that only a grace period gives it; then
   * writes `noticed` and a newline, and exits with 3.
   */
  noticeTerm(): Argv;
  /** A program that is not there. */
  nonexistent(): Argv;
  /**
   * Writes the lines `line 1` to `line N` on stdout, each number with as many digits as N, and exits with 0. Needed
   * with {@link WorkerProviderHarness.createForgetful}.
   */
  count?(lines: number): Argv;
  /** Takes memory until it is killed for it. Needed where the provider enforces `memoryBytes`. */
  runOutOfMemory?(): Argv;
}

/** Something on the engine that bears the name of one of our workers, but is not ours. */
export interface ForeignThing {
  readonly resourceId: string;
  exists(): Promise<boolean>;
  remove(): Promise<void>;
}

/** What the suite needs to know of a provider, and of the engine behind it. */
export interface WorkerProviderHarness {
  readonly installationId: InstallationId;
  /** An image that the engine has, in which the commands run. */
  readonly image: string;
  readonly commands: ConformanceCommands;
  /** A folder, as the job sees it, in which working directories may be made; by default `/tmp`. */
  readonly scratchDir?: string;
  /** An image that exists nowhere. Absent: the provider has no images. */
  readonly missingImage?: string;
  /** An image without a shell that the engine has, and a command for it that writes `text` on stdout. */
  readonly shellless?: { readonly image: string; readonly argv: Argv; readonly text: string };
  /**
   * A new provider object each time, all with one provider id, on the same engine and installation: as
   * another process would have it.
   */
  createProvider(): Promise<WorkerProvider>;
  /** Makes something with the name that a worker of this id would have, and without our labels. */
  createForeign?(workerId: WorkerId): Promise<ForeignThing>;
  /** All that the engine tells about a worker: where its secrets must not be. */
  inspectText?(handle: WorkerHandle): Promise<string>;
  /**
   * The same, with an engine that keeps no more than about 256 KiB of what a worker writes. Absent: the engine loses
   * no output as long as the worker is.
   */
  createForgetful?(): Promise<WorkerProvider>;
  /** Called once, after all tests. */
  close(): Promise<void>;
}
