import type { LaunchOrder, OutputStream, Resources } from '@hodei/domain';

/** What a program of the in-memory engine is given, and what it can do. */
export interface ProgramContext {
  /** With the program's own name in front. */
  readonly argv: readonly string[];
  /** What the order exports, its secrets among them. */
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string;
  /** All that the job's stdin will ever hold. */
  readonly stdin: Uint8Array;
  readonly resources: Resources;
  /** Writes output; text as UTF-8. */
  write(stream: OutputStream, data: string | Uint8Array): void;
  /** Waits by the engine's clock. Never returns once the process was killed. */
  sleep(durationMs: number): Promise<void>;
  /** Never returns; the process goes on until it is ended from outside. */
  forever(): Promise<never>;
  /** Takes SIGTERM over: from now on it calls this and does not end the process. */
  onTerm(handler: () => void): void;
  /** Leaves something behind that can't be ended, so that the worker takes no further order. */
  leaveUnclean(): void;
  /** Ends the process at once, as the kernel does when memory runs out. */
  runOutOfMemory(): Promise<never>;
}

/** A program: what a worker's argv[0] names. It resolves with its exit code; one that throws exits with 1. */
export type Program = (context: ProgramContext) => Promise<number>;

/** Programs by the name that argv[0] has to be. */
export type Programs = Readonly<Record<string, Program>>;

/** What a process is started with. */
export type ProcessStart = Pick<LaunchOrder, 'argv' | 'env' | 'workdir' | 'stdin'>;
