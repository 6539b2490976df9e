import { hostname } from 'node:os';
import { join } from 'node:path';

import {
  keepLease,
  keepPools,
  LEASE_MS,
  LOOK_EVERY_MS,
  PoolKeeper,
  pruneHistory,
  watchOverWorkers,
  watchProviders,
  type JobContext,
  type JobRunner,
} from '@hodei/application';
import { HodeiError } from '@hodei/domain';
import { loadOrCreateSealingKey, parseSealingKey, sealingCheck } from '@hodei/infrastructure/system';

import { openStore, type Store, type StoreOptions } from './open-store.ts';
import { runLoop } from './run-loop.ts';
import type { Settings } from './settings/parse-settings.ts';
import {
  IDLE_WORKERS,
  INSTANCE,
  JOB_CONTEXT,
  JOB_RUNNER,
  LEASE_LOST,
  PROVIDER_REGISTRY,
  SEALING_KEY,
} from './tokens.ts';

/** The provider that every installation has from the start. */
export const LOCAL_PROVIDER = { name: 'docker', type: 'docker' } as const;

/** One life of one instance: it can run jobs. */
export interface ControlPlane extends AsyncDisposable {
  readonly store: Store;
  readonly context: JobContext;
  readonly runner: JobRunner;
  /** Keeps this instance's part of the pools, until the signal aborts and what waits is being destroyed. */
  keepPools(signal: AbortSignal): Promise<void>;
  /** Aborts when the lease was lost: everything this instance ran belongs to others now. */
  readonly lost: AbortSignal;
  /**
   * Lets go of everything this instance still runs, so that others take it up at once: it goes on without this
   * process. Only disposing of the control plane makes sense afterwards. Idempotent.
   */
  handOver(): void;
}

/**
 * Opens the store, begins a life as an instance, and connects the providers. A provider whose engine does not
 * answer is no reason to fail: it is unhealthy.
 *
 * Disposing of it waits for what runs here, lets the lease go, and closes everything in reverse order.
 *
 * @throws HodeiError `config_invalid`, `database_unavailable`
 */
export async function openControlPlane(
  settings: Settings,
  options: StoreOptions & {
    readonly keepsPools?: boolean;
    /** Workers, and what has become old, are looked at at once, not after a while: for who stays. */
    readonly looksAtOnce?: true;
    /** Whether what is over for longer than the settings say is deleted; by default it is. */
    readonly prunes?: boolean;
  } = {},
): Promise<ControlPlane> {
  await using opening = new AsyncDisposableStack();
  const store = opening.use(await openStore(settings, options));
  const { container, repositories, clock, diagnostics } = store;
  const sealingKey = await loadSealingKey(settings);
  container.register(SEALING_KEY, { useValue: sealingKey });

  const { keepsPools = false } = options;
  const name = `${hostname()}:${process.pid}`;
  const instance = await repositories.instances.register({
    name,
    leaseMs: LEASE_MS,
    keepsPools,
    sealingCheck: sealingCheck(sealingKey),
  });
  container.register(INSTANCE, { useValue: instance });
  opening.defer(() => repositories.instances.release(instance.epoch));
  const lost = new AbortController();
  container.register(LEASE_LOST, { useValue: lost.signal });
  const { telemetry } = options;
  const renew = (signal: AbortSignal): Promise<void> =>
    keepLease({ instances: repositories.instances, clock, diagnostics, telemetry }, instance, signal);
  opening.use(runLoop('lease', diagnostics, renew, (error) => lost.abort(error)));

  const registry = opening.use(container.resolve(PROVIDER_REGISTRY));
  await registry.load();
  await registry.ensure(LOCAL_PROVIDER);
  opening.use(runLoop('providers', diagnostics, (signal) => watchProviders({ registry, clock, diagnostics }, signal)));
  const runner = container.resolve(JOB_RUNNER);
  const context = container.resolve(JOB_CONTEXT);
  const firstLookAfterMs = options.looksAtOnce ? 0 : LOOK_EVERY_MS;
  opening.use(
    runLoop('workers', diagnostics, (signal) => watchOverWorkers(context, runner, signal, { firstLookAfterMs })),
  );
  if (options.prunes !== false) {
    const prune = (signal: AbortSignal): Promise<void> =>
      pruneHistory(context, settings.retentionMs, signal, { firstLookAfterMs });
    opening.use(runLoop('retention', diagnostics, prune));
  }
  opening.defer(() => runner.idle());
  const idle = container.resolve(IDLE_WORKERS);
  const open = opening.move();
  return {
    store,
    context,
    runner,
    keepPools: (signal) => keepPools({ ...context, idle }, new PoolKeeper({ ...context, idle }, runner), signal),
    lost: lost.signal,
    handOver: () => lost.abort(new HodeiError('stale_epoch', 'this instance has handed its work over')),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

const loadSealingKey = ({ sealingKey, dataDir }: Settings): Promise<Uint8Array> | Uint8Array =>
  sealingKey === undefined
    ? loadOrCreateSealingKey(join(dataDir, 'sealing.key'))
    : parseSealingKey(sealingKey, 'HODEI_SEALING_KEY');
