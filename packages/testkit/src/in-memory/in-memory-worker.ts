import {
  HodeiError,
  NEVER_LAUNCHED_EXIT_CODE,
  workerName,
  type Clock,
  type EpochMs,
  type LaunchOrder,
  type LaunchVerdict,
  type WorkerExit,
  type WorkerId,
  type WorkerSpec,
  type WorkerState,
} from '@hodei/domain';
import { InMemoryProcess } from './in-memory-process.ts';
import { OutputLog } from './output-log.ts';
import type { ProcessStart, Programs } from './program.ts';

/** What a worker needs of the engine it lives on. */
export interface WorkerSurroundings {
  readonly clock: Clock;
  readonly programs: Programs;
  readonly resourceId: string;
  readonly defaultCommand: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly onChange: (worker: InMemoryWorker) => void;
}

/**
 * One worker on the in-memory engine. Like a container it waits with an open stdin for its order, dies with
 * exit code 125 when stdin closes before one came, and keeps exit code and output after its end.
 */
export class InMemoryWorker {
  readonly name: string;
  readonly workerId: WorkerId;
  readonly resourceId: string;
  readonly image: string;
  readonly network: string;
  readonly defaultCommand: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAt: EpochMs;
  readonly direct: WorkerSpec['direct'];
  /** Resolves when it has started; rejects with `worker_not_found` where it was removed before. */
  readonly started: Promise<void>;
  readonly output = new OutputLog();
  /** Resolves when an order came, or it ended without one. */
  readonly decided: Promise<void>;
  /** How it ended; rejects with `worker_not_found` where it vanished first. */
  readonly ended: Promise<WorkerExit>;
  readonly #resources: WorkerSpec['resources'];
  readonly #surroundings: WorkerSurroundings;
  readonly #start = Promise.withResolvers<void>();
  readonly #decide = Promise.withResolvers<void>();
  readonly #end = Promise.withResolvers<WorkerExit>();
  readonly #process: InMemoryProcess;
  #started = false;
  #removing = false;
  #holder: object | undefined;
  #nonce: string | undefined;
  #verdict: LaunchVerdict | undefined;
  #exit: WorkerExit | undefined;

  constructor(spec: WorkerSpec, surroundings: WorkerSurroundings) {
    this.name = workerName(spec.workerId);
    this.workerId = spec.workerId;
    this.resourceId = surroundings.resourceId;
    this.image = spec.image;
    this.network = spec.network;
    this.direct = spec.direct;
    this.#resources = spec.resources;
    this.defaultCommand = surroundings.defaultCommand;
    this.createdAt = surroundings.clock.now();
    this.labels = surroundings.labels;
    this.#surroundings = surroundings;
    this.started = this.#start.promise;
    this.decided = this.#decide.promise;
    this.ended = this.#end.promise;
    // Nobody needs to look at them.
    this.started.catch(() => undefined);
    this.ended.catch(() => undefined);
    this.#process = new InMemoryProcess(surroundings.clock, {
      onOutput: (stream, bytes) => this.output.append(stream, bytes, surroundings.clock.now()),
      onExit: (exit) => this.#onExit(exit),
    });
  }

  /** The nonce of the order that it took. */
  get nonce(): string | undefined {
    return this.#nonce;
  }

  /** What it said to its order; `undefined` while none came. */
  get verdict(): LaunchVerdict | undefined {
    return this.#verdict;
  }

  get exit(): WorkerExit | undefined {
    return this.#exit;
  }

  /** As much as a container engine can tell: it does not know an idle worker from a busy one. */
  get state(): WorkerState {
    if (this.#removing) return 'terminating';
    if (this.#exit !== undefined) return 'terminated';
    return this.#started ? 'ready' : 'creating';
  }

  /** It waits for its order, or with a direct launch, it runs. */
  start(): void {
    this.#started = true;
    this.#start.resolve();
    this.#surroundings.onChange(this);
    if (this.direct !== undefined) {
      const argv = this.direct.argv.length > 0 ? this.direct.argv : this.defaultCommand;
      this.#run({ ...this.direct, argv });
    }
  }

  /** Takes its stdin over from whoever held it. */
  attach(holder: object): void {
    this.#holder = holder;
  }

  isHeldBy(holder: object): boolean {
    return this.#holder === holder;
  }

  release(holder: object): void {
    if (this.#holder === holder) this.closeStdin();
  }

  /** Nobody holds it any more: without an order the worker ends, with one the job goes on. */
  closeStdin(): void {
    this.#holder = undefined;
    if (this.#nonce === undefined && this.direct === undefined) {
      this.#process.end({ exitCode: NEVER_LAUNCHED_EXIT_CODE, oomKilled: false });
    }
  }

  /** The order's line arrives on stdin. */
  order(order: LaunchOrder): LaunchVerdict {
    this.#nonce = order.nonce;
    return this.#run({ ...order, env: { ...order.env, ...order.secrets } });
  }

  terminate(): void {
    this.#process.terminate();
  }

  /** SIGKILL from outside, which the engine sees. */
  kill(): void {
    this.#process.end({ exitCode: 137, signal: 'SIGKILL', oomKilled: false });
  }

  killForMemory(): void {
    this.#process.end({ exitCode: 137, oomKilled: true });
  }

  markRemoving(): void {
    this.#removing = true;
  }

  /** It is no more, and with it what was not read yet. */
  vanish(): void {
    const gone = new HodeiError('worker_not_found', `${this.name} is gone, and with it its exit code`);
    this.#start.reject(gone);
    this.#decide.resolve();
    this.#end.reject(gone);
    this.output.end();
  }

  #run(start: ProcessStart): LaunchVerdict {
    const program = this.#surroundings.programs[start.argv[0] ?? ''];
    this.#decide.resolve();
    this.#verdict = program === undefined ? 'command-not-found' : 'launched';
    if (program === undefined) this.#process.end({ exitCode: 127, oomKilled: false });
    else this.#process.start(program, start, this.#resources);
    return this.#verdict;
  }

  #onExit(exit: WorkerExit): void {
    this.#exit = exit;
    this.output.end();
    this.#decide.resolve();
    this.#end.resolve(exit);
    this.#surroundings.onChange(this);
  }
}
