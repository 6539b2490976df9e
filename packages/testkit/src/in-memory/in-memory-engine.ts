import { HodeiError, workerName, type Clock, type ErrorCode, type WorkerId, type WorkerSpec } from '@hodei/domain';
import { BUILT_IN_PROGRAMS } from './built-in-programs.ts';
import { EventFeed } from './event-feed.ts';
import { ImageStore, type InMemoryImage } from './image-store.ts';
import { InMemoryWorker } from './in-memory-worker.ts';
import type { Programs } from './program.ts';

type Labels = Readonly<Record<string, string>>;

/** How an {@link InMemoryEngine} is made. */
export interface InMemoryEngineOptions {
  readonly clock: Clock;
  /** Programs beside {@link BUILT_IN_PROGRAMS}, or instead of one of them. */
  readonly programs?: Programs;
  /** The images there are, by name. Absent: every image is there and has a shell. */
  readonly images?: Readonly<Record<string, InMemoryImage>>;
  /** Networks beside `none`; by default `bridge`. */
  readonly networks?: readonly string[];
  /** How long a worker takes to start, in milliseconds; by default 0. */
  readonly startMs?: number;
}

/**
 * What a container engine is to a real provider: it outlives the providers that talk to it, so a second
 * provider finds what a first one left, as after a crash. Tests do to it from outside what the world does to
 * an engine.
 */
export class InMemoryEngine {
  readonly clock: Clock;
  readonly images: ImageStore;
  readonly networks: ReadonlySet<string>;
  /** Events of all workers; set what goes wrong with them by {@link EventFeed.setTrouble}. */
  readonly events: EventFeed<InMemoryWorker>;
  readonly #programs: Programs;
  /** How long a worker takes to start, in milliseconds. */
  readonly startMs: number;
  readonly #workers = new Map<string, InMemoryWorker>();
  #made = 0;
  #down = new AbortController();

  constructor(options: InMemoryEngineOptions) {
    this.clock = options.clock;
    this.images = new ImageStore(options.clock, options.images);
    this.networks = new Set(['none', ...(options.networks ?? ['bridge'])]);
    this.events = new EventFeed(options.clock);
    this.#programs = { ...BUILT_IN_PROGRAMS, ...options.programs };
    this.startMs = options.startMs ?? 0;
  }

  /** All workers, whoever made them, the ended ones too. */
  workers(): readonly InMemoryWorker[] {
    return [...this.#workers.values()];
  }

  /** How many workers were ever made. */
  get made(): number {
    return this.#made;
  }

  find(workerId: WorkerId): InMemoryWorker | undefined {
    return this.#workers.get(workerName(workerId));
  }

  /** Aborts, with `provider_unavailable`, when the engine goes down. */
  get downSignal(): AbortSignal {
    return this.#down.signal;
  }

  /**
   * Makes a worker and starts it; where that is given up or fails, nothing is left.
   * @param maxLogBytes how much is kept of what it writes; by default all.
   */
  async create(
    spec: WorkerSpec,
    labels: Labels,
    holder: object,
    signal: AbortSignal,
    maxLogBytes?: number,
  ): Promise<InMemoryWorker> {
    this.#made += 1;
    const worker = new InMemoryWorker(spec, {
      clock: this.clock,
      programs: this.#programs,
      labels,
      resourceId: this.#made.toString(16).padStart(12, '0'),
      defaultCommand: this.images.defaultCommand(spec.image),
      maxLogBytes,
      onChange: (changed) => this.#tell(changed),
    });
    this.#workers.set(worker.name, worker);
    worker.attach(holder);
    try {
      await this.clock.sleep(this.startMs, signal);
    } catch (error) {
      this.remove(worker);
      throw error;
    }
    worker.start();
    return worker;
  }

  remove(worker: InMemoryWorker): void {
    if (this.#workers.get(worker.name) !== worker) return;
    this.#workers.delete(worker.name);
    worker.vanish();
    this.#tell(worker, 'terminated');
  }

  /** Someone kills the worker from outside: exit code 137, and the engine saw SIGKILL. */
  killWorker(workerId: WorkerId): void {
    this.#mustFind(workerId).kill();
  }

  /** The kernel kills the worker for its memory: exit code 137 and the OOM flag. */
  killWorkerForMemory(workerId: WorkerId): void {
    this.#mustFind(workerId).killForMemory();
  }

  /** Someone removes the worker from outside, with its exit code and output. */
  vanishWorker(workerId: WorkerId): void {
    this.remove(this.#mustFind(workerId));
  }

  /** The same without a word: no event, and its connections stay open, as if a firewall had forgotten them. */
  loseWorker(workerId: WorkerId): void {
    const worker = this.#mustFind(workerId);
    this.#workers.delete(worker.name);
    worker.fallSilent();
  }

  /** Something that is not ours takes the name that a worker of this id would have. */
  async addForeign(spec: WorkerSpec): Promise<InMemoryWorker> {
    return await this.create(spec, {}, {}, this.downSignal);
  }

  /**
   * The engine stops answering: every call and every open connection fails with `provider_unavailable`. Its
   * workers live on, but for the idle ones, whose connection is gone.
   */
  goDown(code: Extract<ErrorCode, 'provider_unavailable' | 'provider_timeout'> = 'provider_unavailable'): void {
    this.#down.abort(new HodeiError(code, 'the in-memory engine is down'));
    for (const worker of this.workers()) worker.closeStdin();
  }

  /** As one without live-restore while it is down: what ran was ended by it, and it says so when it is back. */
  endWorkers(): void {
    for (const worker of this.workers()) worker.endByEngine();
  }

  /** The engine answers again; who watches it is told to look at everything. */
  comeUp(): void {
    this.#down = new AbortController();
    this.events.resync();
  }

  #mustFind(workerId: WorkerId): InMemoryWorker {
    const worker = this.find(workerId);
    if (worker === undefined) throw new Error(`the engine has no worker ${workerId}`);
    return worker;
  }

  #tell(worker: InMemoryWorker, state = worker.state): void {
    const { exit } = worker;
    this.events.emit(worker, {
      kind: 'changed',
      workerId: worker.workerId,
      state,
      at: this.clock.now(),
      ...(exit === undefined ? {} : { exitCode: exit.exitCode }),
    });
  }
}
