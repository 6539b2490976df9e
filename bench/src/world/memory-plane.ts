import { randomUUID } from 'node:crypto';

import {
  ChangeHub,
  DEFAULT_JOB_POLICY,
  dispatchJobs,
  JobRunner,
  keepLease,
  ProviderRegistry,
  type Diagnostics,
  type JobContext,
} from '@hodei/application';
import { openPostgresStore } from '@hodei/infrastructure/postgres';
import { AesSecretSealer, SystemClock, SystemIds } from '@hodei/infrastructure/system';
import { runLoop } from '@hodei/server';
import { InMemoryEngine, InMemoryProvider } from '@hodei/testkit/in-memory';

/** How many workers the in-memory provider may have, and how many jobs an instance may run: no limit to measure. */
const NO_LIMIT = 100_000;

/** A whole control plane on a real Postgres, whose workers cost nothing: what is left is ours. */
export interface MemoryPlane extends AsyncDisposable {
  readonly context: JobContext;
  readonly runner: JobRunner;
  readonly engine: InMemoryEngine;
  readonly provider: InMemoryProvider;
}

/** @param options.maxConcurrentJobs by default a number that many a service sets: 200. */
export async function openMemoryPlane(
  connectionString: string,
  diagnostics: Diagnostics,
  options: { readonly maxConcurrentJobs?: number; readonly dispatch?: boolean } = {},
): Promise<MemoryPlane> {
  await using opening = new AsyncDisposableStack();
  const clock = new SystemClock();
  const ids = new SystemIds();
  const engine = new InMemoryEngine({ clock });
  const { repositories } = opening.use(await openPostgresStore({ connectionString }));
  const instance = await repositories.instances.register({ name: `bench ${randomUUID()}`, leaseMs: 10_000 });
  opening.defer(() => repositories.instances.release(instance.epoch));
  opening.use(
    runLoop('lease', diagnostics, (signal) =>
      keepLease({ instances: repositories.instances, clock, diagnostics }, instance, signal),
    ),
  );
  let made: InMemoryProvider | undefined;
  const registry = opening.use(
    new ProviderRegistry({
      repositories,
      clock,
      ids,
      diagnostics,
      factories: { 'in-memory': async ({ id }) => (made = new InMemoryProvider({ id, engine })) },
    }),
  );
  await registry.ensure({ name: 'memory', type: 'in-memory', maxWorkers: NO_LIMIT });
  if (made === undefined) throw new Error('the registry has made no provider');
  const hub = new ChangeHub(repositories.changes);
  const context: JobContext = {
    repositories,
    registry,
    hub,
    clock,
    ids,
    instance,
    sealer: new AesSecretSealer(new Uint8Array(32)),
    diagnostics,
    lost: new AbortController().signal,
    policy: { ...DEFAULT_JOB_POLICY, maxConcurrentJobs: options.maxConcurrentJobs ?? 200 },
  };
  const runner = new JobRunner(context);
  opening.use(runLoop('changes', diagnostics, (signal) => hub.run(signal)));
  if (options.dispatch !== false)
    opening.use(runLoop('dispatch', diagnostics, (signal) => dispatchJobs(context, runner, signal)));
  const open = opening.move();
  return { context, runner, engine, provider: made, [Symbol.asyncDispose]: () => open.disposeAsync() };
}
