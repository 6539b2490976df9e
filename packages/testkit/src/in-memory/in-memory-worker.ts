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
import { InMemoryOrder } from './in-memory-order.ts';
import { OutputLog } from './output-log.ts';
import type { ProcessStart, Programs } from './program.ts';
import { Wakeup } from './waiting.ts';

type End = Omit<WorkerExit, 'exitedAt'>;

/** What a worker needs of the engine it lives on. */
export interface WorkerSurroundings {
  readonly clock: Clock;
  readonly programs: Programs;
  readonly resourceId: string;
  readonly defaultCommand: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly maxLogBytes: number | undefined;
  readonly onChange: (worker: InMemoryWorker) => void;
}

/**
 * One worker on the in-memory engine. Like a container it waits with an open stdin for its order, dies with
 * exit code 125 when stdin closes before one came, and keeps exit code and output after its end. A reusable one
 * waits for the next order when its job has ended and has left it clean.
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
  readonly isReusable: boolean;
  readonly sharedNetworkKey: string | undefined;
  /** Resolves when it has started; rejects with `worker_not_found` where it was removed before. */
  readonly started: Promise<void>;
  /** What all its jobs wrote. */
  readonly output = new OutputLog();
  /** What its engine says is wrong with it; set it from outside. */
  trouble: string | undefined;
  /** The nonce of the order that it was told of; it is no order yet. */
  announced: string | undefined;
  /** How it ended; rejects with `worker_not_found` where it vanished first. */
  readonly ended: Promise<WorkerExit>;
  readonly #resources: WorkerSpec['resources'];
  readonly #surroundings: WorkerSurroundings;
  readonly #start = Promise.withResolvers<void>();
  readonly #end = Promise.withResolvers<WorkerExit>();
  readonly #changed = new Wakeup();
  readonly #orders: InMemoryOrder[] = [];
  #started = false;
  #gone = false;
  #silent = false;
  #holder: object | undefined;
  #stopping = false;
  #exit: WorkerExit | undefined;

  constructor(spec: WorkerSpec, surroundings: WorkerSurroundings) {
    this.name = workerName(spec.workerId);
    this.workerId = spec.workerId;
    this.resourceId = surroundings.resourceId;
    this.image = spec.image;
    this.network = spec.network;
    this.direct = spec.direct;
    this.isReusable = spec.reusable === true;
    this.sharedNetworkKey = spec.sharedNetworkKey;
    this.#resources = spec.resources;
    this.defaultCommand = surroundings.defaultCommand;
    this.createdAt = surroundings.clock.now();
    this.labels = surroundings.labels;
    this.#surroundings = surroundings;
    this.started = this.#start.promise;
    this.ended = this.#end.promise;
    // Nobody needs to look at them.
    this.started.catch(() => undefined);
    this.ended.catch(() => undefined);
  }

  /** The nonce of the last order that it took. */
  get nonce(): string | undefined {
    return this.#orders.at(-1)?.nonce;
  }

  /** What it said to its last order; `undefined` while none came. */
  get verdict(): LaunchVerdict | undefined {
    return this.#orders.at(-1)?.verdict;
  }

  /** Whether it can take an order, from whoever holds it. */
  get isWaiting(): boolean {
    if (this.#exit !== undefined || this.direct !== undefined) return false;
    return this.#orders.length === 0 || (this.isReusable && this.#current === undefined);
  }

  /** The job of this order, where it was taken; of a direct worker, its job. */
  job(nonce: string): InMemoryOrder | undefined {
    return this.direct === undefined ? this.#orders.find((order) => order.nonce === nonce) : this.#orders[0];
  }

  /** The same; waits until the order was taken, or never will be. */
  async untilDecided(nonce: string, signal: AbortSignal): Promise<InMemoryOrder | undefined> {
    const mayCome = (): boolean => {
      if (this.#gone || this.#exit !== undefined) return false;
      return this.isWaiting || this.direct !== undefined;
    };
    while (this.job(nonce) === undefined && mayCome()) await this.#changed.wait(signal);
    return this.job(nonce);
  }

  get exit(): WorkerExit | undefined {
    return this.#exit;
  }

  /** As much as a container engine can tell: it does not know an idle worker from a busy one. */
  get state(): WorkerState {
    if (this.#exit !== undefined) return 'terminated';
    return this.#started ? 'ready' : 'creating';
  }

  /** It waits for its order, or with a direct launch, it runs. */
  start(): void {
    this.#started = true;
    this.#start.resolve();
    this.#surroundings.onChange(this);
    if (this.direct !== undefined && this.#exit === undefined) {
      const argv = this.direct.argv.length > 0 ? this.direct.argv : this.defaultCommand;
      this.#run('', { ...this.direct, argv });
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

  /** Nobody holds it any more: where it waits for an order it ends, where it has one the job goes on. */
  closeStdin(): void {
    this.#holder = undefined;
    if (this.isWaiting) this.#finish({ exitCode: NEVER_LAUNCHED_EXIT_CODE, oomKilled: false });
  }

  /** The order's line arrives on stdin. */
  order(order: LaunchOrder): InMemoryOrder {
    return this.#run(order.nonce, { ...order, env: { ...order.env, ...order.secrets } });
  }

  terminate(): void {
    this.#stopping = true;
    const { process } = this.#current ?? {};
    if (process === undefined) this.#finish({ exitCode: 143, signal: 'SIGTERM', oomKilled: false });
    else process.terminate();
  }

  /** SIGKILL from outside, which the engine sees. */
  kill(): void {
    this.#stopping = true;
    this.#endNow({ exitCode: 137, signal: 'SIGKILL', oomKilled: false });
  }

  /** Its engine goes down, and ends it with the signal that anybody may send. */
  endByEngine(): void {
    this.#stopping = true;
    this.#endNow({ exitCode: 137, oomKilled: false, endedByEngine: true });
  }

  killForMemory(): void {
    this.#endNow({ exitCode: 137, oomKilled: true });
  }

  /** The engine's log loses its oldest, as one that is rotated: no more than so many bytes are kept. */
  loseOutput(keptBytes: number): void {
    this.output.loseAllBut(keptBytes);
    let left = keptBytes;
    for (const { output } of this.#orders.toReversed()) {
      output.loseAllBut(left);
      left -= output.keptBytes;
    }
  }

  /** It is no more, and with it what was not read yet. */
  vanish(): void {
    const gone = new HodeiError('worker_not_found', `${this.name} is gone, and with it its exit code`);
    this.#gone = true;
    this.#start.reject(gone);
    this.#end.reject(gone);
    this.output.end();
    for (const order of this.#orders) order.vanish(gone);
    this.#changed.notify();
  }

  /** It is no more, and its connections do not say so: they stay open, and nothing comes any more. */
  fallSilent(): void {
    this.#silent = true;
    this.#current?.process.end({ exitCode: 137, oomKilled: false });
  }

  get #current(): InMemoryOrder | undefined {
    const last = this.#orders.at(-1);
    return last?.hasEnded === false ? last : undefined;
  }

  #run(nonce: string, start: ProcessStart): InMemoryOrder {
    const { programs, clock, maxLogBytes } = this.#surroundings;
    const program = programs[start.argv[0] ?? ''];
    const order = new InMemoryOrder({ nonce }, clock, {
      onOutput: (...written) => {
        this.output.append(...written);
        if (maxLogBytes !== undefined) this.loseOutput(maxLogBytes);
      },
      onExit: (ended, exit) => this.#onJobExit(ended, exit),
    });
    this.#orders.push(order);
    this.#changed.notify();
    if (program === undefined) {
      order.verdict = 'command-not-found';
      order.process.end({ exitCode: 127, oomKilled: false });
    } else order.process.start(program, start, this.#resources);
    return order;
  }

  #onJobExit(order: InMemoryOrder, exit: WorkerExit): void {
    if (this.#silent) return;
    const isClean = this.isReusable && !this.#stopping && !exit.oomKilled && !order.process.hasLeftUnclean;
    if (isClean && this.#holder !== undefined) return order.finish({ ...exit, reusable: true });
    order.finish(exit);
    // The launcher reads the end of its stdin.
    this.#finish(isClean ? { exitCode: NEVER_LAUNCHED_EXIT_CODE, oomKilled: false } : exit);
  }

  /** Ends its job where it has one, and with it the worker; else the worker, which waits. */
  #endNow(end: End): void {
    const { process } = this.#current ?? {};
    if (process === undefined) this.#finish(end);
    else process.end(end);
  }

  #finish(end: End): void {
    if (this.#exit !== undefined || this.#silent) return;
    this.#exit = { ...end, exitedAt: this.#surroundings.clock.now() };
    this.output.end();
    this.#end.resolve(this.#exit);
    this.#changed.notify();
    this.#surroundings.onChange(this);
  }
}
