import type { Clock, LaunchOrder, LaunchVerdict, WorkerExit } from '@hodei/domain';
import { InMemoryProcess } from './in-memory-process.ts';
import { OutputLog } from './output-log.ts';

/** One order, or direct launch, that a worker took, and the job that it became. */
export class InMemoryOrder {
  readonly nonce: string;
  readonly output = new OutputLog();
  /** How its job ended; rejects with what the worker vanished with. */
  readonly ended: Promise<WorkerExit>;
  readonly process: InMemoryProcess;
  verdict: LaunchVerdict = 'launched';
  readonly #end = Promise.withResolvers<WorkerExit>();
  #exit: WorkerExit | undefined;

  constructor(
    { nonce }: Pick<LaunchOrder, 'nonce'>,
    clock: Clock,
    events: {
      readonly onOutput: (...written: Parameters<OutputLog['append']>) => void;
      readonly onExit: (order: InMemoryOrder, exit: WorkerExit) => void;
    },
  ) {
    this.nonce = nonce;
    this.ended = this.#end.promise;
    // Nobody needs to look at it.
    this.ended.catch(() => undefined);
    this.process = new InMemoryProcess(clock, {
      onOutput: (stream, bytes) => {
        this.output.append(stream, bytes, clock.now());
        events.onOutput(stream, bytes, clock.now());
      },
      onExit: (exit) => events.onExit(this, exit),
    });
  }

  get hasEnded(): boolean {
    return this.#exit !== undefined;
  }

  /** How its job ended, where it has. */
  get exit(): WorkerExit | undefined {
    return this.#exit;
  }

  finish(exit: WorkerExit): void {
    this.#exit = exit;
    this.output.end();
    this.#end.resolve(exit);
  }

  vanish(error: Error): void {
    this.output.end();
    this.#end.reject(error);
  }
}
