import { HodeiError, type Clock, type Epoch, type WorkerEvent, type WorkerProvider } from '@hodei/domain';
import { createInMemoryRepositories, InMemoryProvider, type SequentialIds } from '@hodei/testkit/in-memory';

import {
  ChangeHub,
  dispatchJobs,
  IdleWorkers,
  JobRunner,
  keepLease,
  keepPools,
  LEASE_MS,
  PoolKeeper,
  ProviderRegistry,
  recoverAbandoned,
  tidyProviders,
  watchOverWorkers,
  watchProviders,
  type JobContext,
} from '../../src/index.ts';
import { CROWDED } from './admission.ts';
import { Calls } from './calls.ts';
import { troubled } from './events.ts';
import { Gate } from './gate.ts';
import { ImageRules } from './image-rules.ts';
import { reachEngine } from './reach-engine.ts';
import { reachStore } from './reach-store.ts';
import { POLICY, SEALER } from './policy.ts';
import type { World } from './world.ts';

/** One life of one instance: the real application code, and between it and the world a gate and a wire. */
export class Life {
  readonly name: string;
  readonly gate: Gate;
  epoch: Epoch | undefined;
  /** Present once it has come up. */
  up: { readonly context: JobContext; readonly runner: JobRunner } | undefined;
  readonly #world: World;
  readonly #calls: Calls;
  readonly #clock: Clock;
  readonly #providers: InMemoryProvider[] = [];
  readonly #images: ImageRules;
  readonly #lost = new AbortController();

  /** @param skewMs by how much its clock is ahead of the store's and the engine's. */
  constructor(world: World, name: string, skewMs = 0) {
    this.#world = world;
    this.name = name;
    const { scheduler, trace } = world;
    this.gate = new Gate(scheduler);
    this.#images = new ImageRules(world);
    this.#calls = new Calls({
      who: name,
      gate: this.gate,
      scheduler,
      trace,
      drawFate: () => world.drawFate(),
      isAway: (target) => target === 'store' && world.isStoreAway,
      crash: (why) => this.crash(why),
      engineFault: world.weather.isOdd ? 'internal' : 'provider_unavailable',
    });
    this.#clock = {
      now: () => scheduler.now() + skewMs,
      sleep: (durationMs, signal) => this.gate.through(scheduler.sleep(durationMs, signal)),
    };
  }

  /** Begins; what goes wrong meanwhile ends it, as it ends a process. */
  start(): void {
    this.#note('starts');
    this.#run().catch((error: unknown) => this.crash(`it could not start: ${String(error)}`));
  }

  /** As SIGKILL: it does nothing any more, and its connections close. */
  crash(why: string): void {
    if (this.gate.isDead) return;
    this.#note(`dies: ${why}`);
    this.gate.die();
    this.#disconnect();
    this.#world.onDeath(this);
  }

  /** As SIGSTOP. */
  pause(): void {
    if (!this.gate.isOpen) return;
    this.#note('is stopped');
    this.gate.shut();
  }

  /** As SIGCONT. */
  resume(): void {
    if (this.gate.isOpen || this.gate.isDead) return;
    this.#note('goes on');
    this.gate.open();
  }

  /** As SIGTERM: it lets go of what it runs, gives its lease back, and ends. */
  handOver(): void {
    if (!this.gate.isOpen || this.up === undefined) return;
    this.#note('hands over');
    const { context } = this.up;
    this.#lost.abort(new HodeiError('stale_epoch', 'this instance has handed its work over'));
    const end = (): void => this.crash('it has handed over');
    context.repositories.instances.release(context.instance.epoch).then(end, end);
  }

  /** The run is over: lets go of everything, so that nothing of it stays in memory. */
  discard(): void {
    this.gate.die();
    this.#lost.abort();
    this.#disconnect();
  }

  async #run(): Promise<void> {
    const clock = this.#clock;
    const { scheduler, ids, mutation } = this.#world;
    const diagnostics = this.#diagnostics();
    const repositories = this.#reachStore(ids);
    const instance = await repositories.instances.register({ name: this.name, leaseMs: LEASE_MS, keepsPools: true });
    this.epoch = instance.epoch;
    const lost = this.#lost;
    keepLease({ instances: repositories.instances, clock, diagnostics }, instance, lost.signal).catch(
      (error: unknown) => {
        this.#note('has lost its lease');
        lost.abort(error);
        // The process ends when it has noticed that, soon or after a while.
        scheduler.after(this.#world.drawDelay(2000), () => this.crash('its lease is lost'));
      },
    );
    const registry = new ProviderRegistry({
      repositories,
      clock,
      ids,
      diagnostics,
      factories: {
        'in-memory': async ({ id }) => {
          const { engine, weather } = this.#world;
          const capabilities = weather.isCrowded ? { totalResources: CROWDED } : {};
          return this.#connect(new InMemoryProvider({ id, engine, capabilities }));
        },
      },
    });
    await registry.load();
    const idle = new IdleWorkers();
    const base: JobContext = {
      idle,
      repositories,
      registry,
      hub: new ChangeHub(repositories.changes),
      clock,
      ids,
      instance,
      lost: lost.signal,
      policy: { ...POLICY, maxOutputBytes: this.#world.weather.maxOutputBytes },
      sealer: SEALER,
      diagnostics,
    };
    const context = mutation.context?.(base) ?? base;
    const runner = new JobRunner(context);
    const loops = [
      context.hub.run(lost.signal),
      dispatchJobs(context, runner, lost.signal),
      recoverAbandoned(context, runner, lost.signal),
      watchOverWorkers(context, runner, lost.signal),
      watchProviders({ registry, clock, diagnostics }, lost.signal),
      keepPools({ ...context, idle }, new PoolKeeper({ ...context, idle }, runner), lost.signal),
    ];
    if (this.#world.weather.isCrowded) loops.push(tidyProviders({ ...context, clock: this.#tidyClock() }, lost.signal));
    for (const loop of loops)
      loop.catch(
        (error: unknown) =>
          lost.signal.aborted || this.#world.blame(`${this.name}: a loop ended with ${String(error)}`),
      );
    this.up = { context, runner };
    this.#note(`is up, epoch ${instance.epoch}`);
  }

  /** So that less time has to be simulated, providers are tidied more often. */
  #tidyClock(): Clock {
    return { now: () => this.#clock.now(), sleep: (ms, signal) => this.#clock.sleep(ms / 30, signal) };
  }

  #reachStore(ids: SequentialIds): JobContext['repositories'] {
    const { scheduler, store, mutation } = this.#world;
    const plain = createInMemoryRepositories({ clock: scheduler, ids, store });
    return reachStore(mutation.repositories?.(plain, this.#world, this.#clock) ?? plain, {
      calls: this.#calls,
      observe: (operation, effect) => {
        if (operation === 'images.find') this.#images.noteRead();
        return this.#world.observe(operation, this.epoch, effect);
      },
      watch: (events, signal) => this.#troubled(events, signal, 'resync'),
    });
  }

  #connect(provider: InMemoryProvider): ReturnType<typeof reachEngine> {
    const { engine, mutation } = this.#world;
    if (engine.downSignal.aborted) throw new HodeiError('provider_unavailable', 'the engine is down');
    this.#providers.push(provider);
    const reached = reachEngine(provider, {
      calls: this.#calls,
      gate: this.gate,
      closeStdin: (workerId) => engine.find(workerId)?.closeStdin(),
      outputFate: (chunk) => this.#world.drawOutputFate(chunk),
      watch: (events: AsyncIterable<WorkerEvent>, signal) => this.#troubled(events, signal, 'resync'),
      afterEffect: () => {
        if (this.gate.isDead) this.#disconnect();
      },
    });
    const whole = this.#world.weather.isCrowded ? { ...reached, ...this.#collection() } : reached;
    return mutation.provider?.(whole) ?? whole;
  }

  /** The engine's disk is full. */
  #collection(): Pick<WorkerProvider, 'wantsImageCollection' | 'collectImages'> {
    return {
      wantsImageCollection: async () => true,
      collectImages: (use, options) =>
        this.#calls.make({
          name: 'collectImages',
          target: 'engine',
          signal: options?.signal,
          effect: async () => this.#images.collect(use),
        }),
    };
  }

  #troubled<Event extends { readonly kind: string }>(
    events: AsyncIterable<Event>,
    signal: AbortSignal,
    sure: string,
  ): AsyncGenerator<Event> {
    const arrivalsOf = ({ kind }: Event): readonly number[] => (kind === sure ? [0] : this.#world.drawArrivals());
    return troubled(events, signal, { scheduler: this.#world.scheduler, gate: this.gate, arrivalsOf });
  }

  #disconnect(): void {
    for (const provider of this.#providers) provider.disconnect();
  }

  #diagnostics(): JobContext['diagnostics'] {
    const report =
      (level: string) =>
      (message: string, facts: { readonly error?: unknown } = {}): void =>
        this.#note(
          `${level}: ${message}${facts.error instanceof HodeiError ? ` (${facts.error.code}: ${facts.error.message})` : ''}`,
        );
    return { info: () => undefined, warn: report('warns'), error: report('reports') };
  }

  #note(what: string): void {
    this.#world.trace.add(this.name, what);
  }
}
