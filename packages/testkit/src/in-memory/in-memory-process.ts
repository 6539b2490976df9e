import type { Clock, OutputStream, Resources, WorkerExit } from '@hodei/domain';
import type { ProcessStart, Program, ProgramContext } from './program.ts';

/** What a process tells the worker it runs in. */
export interface ProcessEvents {
  readonly onOutput: (stream: OutputStream, bytes: Uint8Array) => void;
  readonly onExit: (exit: WorkerExit) => void;
}

type End = Omit<WorkerExit, 'exitedAt'>;

const never = (): Promise<never> => new Promise<never>(() => undefined);

/** One run of a program. It ends once; what the program still does after that has no effect. */
export class InMemoryProcess {
  readonly #clock: Clock;
  readonly #events: ProcessEvents;
  readonly #over = new AbortController();
  #onTerm: (() => void) | undefined;
  #hasLeftUnclean = false;

  constructor(clock: Clock, events: ProcessEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  /** Whether its program says that the worker can't be proved clean after it. */
  get hasLeftUnclean(): boolean {
    return this.#hasLeftUnclean;
  }

  /** Runs the program; returns at once. */
  start(program: Program, start: ProcessStart, resources: Resources): void {
    const context = this.#context(start, resources);
    program(context).then(
      (exitCode) => this.end({ exitCode, oomKilled: false }),
      (error: unknown) => {
        context.write('stderr', `${String(error)}\n`);
        this.end({ exitCode: 1, oomKilled: false });
      },
    );
  }

  /** Ends it, unless it has ended. */
  end(end: End): void {
    if (this.#over.signal.aborted) return;
    // A reason of its own: without one, each end makes an exception with its stack.
    this.#over.abort('over');
    this.#events.onExit({ ...end, exitedAt: this.#clock.now() });
  }

  /** SIGTERM: the program's own handler where it has one, else its end. */
  terminate(): void {
    if (this.#onTerm === undefined) this.end({ exitCode: 143, signal: 'SIGTERM', oomKilled: false });
    else if (!this.#over.signal.aborted) this.#onTerm();
  }

  #context(start: ProcessStart, resources: Resources): ProgramContext {
    const over = this.#over.signal;
    const encoder = new TextEncoder();
    return {
      argv: start.argv,
      env: start.env,
      workdir: start.workdir ?? '/',
      stdin: start.stdin ?? new Uint8Array(0),
      resources,
      write: (stream, data) => {
        if (!over.aborted) this.#events.onOutput(stream, typeof data === 'string' ? encoder.encode(data) : data);
      },
      sleep: async (durationMs) => {
        await this.#clock.sleep(durationMs, over).catch(never);
      },
      forever: never,
      onTerm: (handler) => {
        this.#onTerm = handler;
      },
      leaveUnclean: () => {
        this.#hasLeftUnclean = true;
      },
      runOutOfMemory: async () => {
        this.end({ exitCode: 137, oomKilled: true });
        return await never();
      },
    };
  }
}
