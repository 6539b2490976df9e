import type { Worker } from '@hodei/domain';

import type { Life } from './life.ts';
import { shortId } from './reach-store.ts';
import type { World } from './world.ts';

/** Pools and instances are read again, and what ended without a word is noticed, within so many milliseconds. */
const LOOK_MS = 1000;

/** What is away or full is tried again after so many milliseconds. */
const AGAIN_MS = 1000;

/** An end that was asked for and whose event got lost is noticed after so many milliseconds. */
const RESYNC_MS = 6000;

/** So many starts run at once on a provider that has not failed; on one that has it may be one. */
const STARTS_AT_ONCE = 6;

/** So long does a worker that runs a job count as one that is about to come back, in milliseconds, where it may. */
const COMES_BACK_MS = 500;

/** A store or an engine is asked so often, one after the other, between a look at a pool and a worker's row. */
const CALLS = 10;

/** What changes within this time is looked at together, in milliseconds. */
const GATHER_MS = 10;

const STARTING = new Set<Worker['state']>(['creating', 'connecting']);

/**
 * A pool has never fewer than `minIdle` workers for longer than a start takes: where one is missing, its making begins
 * at once, and takes no longer than a start. Time does not count while something is in the way; see {@link #excuse}.
 */
export class PoolRules {
  readonly #world: World;
  /** Something went wrong, and may have consequences until then. */
  #quietFrom = 0;
  #hasEngineFailed = false;
  /** Who shared the pool out among them last. */
  #keepers = '';
  #shortSince: number | undefined;
  #startingSince = new Map<Worker['id'], number>();
  /** How often workers were missing, and were there again in time. */
  refills = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /**
   * Something went wrong. Once that is over it is noticed, tried again, and tried alone at first.
   * @param forMs how long it lasts, in milliseconds.
   */
  disturb(forMs = 0): void {
    const { scheduler, weather } = this.#world;
    this.#quietFrom = Math.max(this.#quietFrom, scheduler.now() + forMs + LOOK_MS + AGAIN_MS + weather.startMs);
  }

  /** The end of a worker was asked for. */
  endAsked(): void {
    const { dropEvent, delayEvent } = this.#world.weather;
    this.disturb(this.#world.isStormy && dropEvent + delayEvent > 0 ? RESYNC_MS : 0);
  }

  check(): void {
    const { weather, store, scheduler, engine } = this.#world;
    const { pool } = weather;
    if (pool?.minIdle === undefined) return;
    const now = scheduler.now();
    if (this.#excuse() !== undefined) this.disturb();
    const workers = [...store.workers.values()].filter((worker) => worker.pool !== undefined);
    const starting = workers.filter(({ state }) => STARTING.has(state));
    const waiting = workers.filter(({ id, state }) => state === 'ready' && engine.find(id)?.isWaiting === true);
    const callsMs = CALLS * weather.latencyMs;

    this.#startingSince = new Map(starting.map(({ id }) => [id, this.#startingSince.get(id) ?? now]));
    const late = [...this.#startingSince].find(
      ([, since]) => now - Math.max(since, this.#quietFrom) > weather.startMs + callsMs,
    );
    if (late !== undefined) this.#world.blame(`worker ${shortId(late[0])} of the pool has been made for too long`);

    const missing = pool.minIdle - waiting.length - starting.length;
    if (missing <= 0) {
      if (this.#shortSince !== undefined && now >= this.#quietFrom) this.refills += 1;
      this.#shortSince = undefined;
      return;
    }
    this.#shortSince ??= now;
    const backMs = (pool.maxJobsPerWorker ?? 1) > 1 ? Math.max(COMES_BACK_MS, weather.startMs) + callsMs : 0;
    const shortFor = now - Math.max(this.#shortSince, this.#quietFrom);
    if (shortFor > GATHER_MS + callsMs + backMs)
      this.#world.blame(`the pool lacks ${missing} workers of ${pool.minIdle}, and nobody makes them`);
  }

  /** What is in the way of a new worker now. */
  #excuse(): string | undefined {
    const { store, engine, isStoreAway, weather, lives, scheduler } = this.#world;
    if (isStoreAway) return 'the store is away';
    if (engine.downSignal.aborted) {
      this.#hasEngineFailed = true;
      return 'the engine is down';
    }
    const live = [...store.workers.values()].filter(({ state }) => state !== 'terminated');
    if (live.filter(({ pool }) => pool !== undefined).length >= (weather.pool?.maxWorkers ?? 0))
      return 'the pool may have no more';
    if (store.setAside.size > 0) return 'room is set aside';
    const now = scheduler.now();
    const keepers = [...store.instances.values()].filter(({ leaseExpiresAt }) => leaseExpiresAt > now);
    if (keepers.length === 0) return 'nobody keeps the pool';
    const before = this.#keepers;
    this.#keepers = keepers.map(({ epoch }) => epoch).join(' ');
    if (this.#keepers !== before) return 'it is shared out anew';
    for (const { epoch } of keepers) {
      const life = lives.find((one) => one.epoch === epoch);
      if (life?.up === undefined || !life.gate.isOpen) return `epoch ${epoch} does not do its part`;
      if (!this.#mayStart(life, live)) return `epoch ${epoch} has no place for one more`;
    }
    return undefined;
  }

  /** Whether the instance has a provider with a place, which it takes for healthy and does not keep busy with starts. */
  #mayStart({ up, epoch }: Life, live: readonly Worker[]): boolean {
    const atOnce = this.#hasEngineFailed ? 1 : STARTS_AT_ONCE;
    return [...this.#world.store.providers.values()].some(({ id, maxWorkers }) => {
      const there = live.filter(({ providerId }) => providerId === id);
      const starts = there.filter((worker) => worker.epoch === epoch && STARTING.has(worker.state)).length;
      const isAdmitted = up?.context.registry.admits(id, { resources: {}, network: 'none', requirements: {} });
      return isAdmitted === true && there.length < maxWorkers && starts < atOnce;
    });
  }
}
