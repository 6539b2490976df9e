import {
  ChangeHub,
  DEFAULT_JOB_POLICY,
  dispatchJobs,
  JobRunner,
  ProviderRegistry,
  type Diagnostics,
  type JobContext,
  type Telemetry,
} from '@hodei/application';
import type { Repositories } from '@hodei/domain';
import { AesSecretSealer, SystemClock, SystemIds } from '@hodei/infrastructure/system';
import {
  createInMemoryRepositories,
  InMemoryEngine,
  InMemoryProvider,
  RepositoryFaults,
} from '@hodei/testkit/in-memory';

/** A whole control plane in memory, on the machine's clock. */
export interface MemoryPlane extends AsyncDisposable {
  readonly context: JobContext;
  readonly runner: JobRunner;
  readonly faults: RepositoryFaults;
  /** Errors that were reported. */
  readonly reported: string[];
}

/** @param stored where the rows are, if not in memory; share it to have two instances of an installation. */
export async function startMemoryPlane(stored?: Repositories, telemetry?: Telemetry): Promise<MemoryPlane> {
  const clock = new SystemClock();
  const ids = new SystemIds();
  const faults = new RepositoryFaults();
  const repositories = stored ?? createInMemoryRepositories({ clock, ids, faults });
  const reported: string[] = [];
  const diagnostics: Diagnostics = {
    info: () => undefined,
    warn: () => undefined,
    error: (message, facts) => reported.push(`${message}: ${String(facts?.['error'])}`),
  };
  const engine = new InMemoryEngine({ clock });
  const registry = new ProviderRegistry({
    repositories,
    clock,
    ids,
    diagnostics,
    factories: { 'in-memory': async ({ id }) => new InMemoryProvider({ id, engine }) },
  });
  await registry.ensure({ name: 'memory', type: 'in-memory' });
  await registry.checkHealth();
  const hub = new ChangeHub(repositories.changes);
  const context: JobContext = {
    repositories,
    registry,
    hub,
    clock,
    ids,
    diagnostics,
    instance: await repositories.instances.register({ name: 'test', leaseMs: 3_600_000 }),
    lost: new AbortController().signal,
    policy: DEFAULT_JOB_POLICY,
    ...(telemetry === undefined ? {} : { telemetry }),
    sealer: new AesSecretSealer(new Uint8Array(32).fill(7)),
  };
  const runner = new JobRunner(context);
  const over = new AbortController();
  const loops = Promise.all([hub.run(over.signal), dispatchJobs(context, runner, over.signal)]);
  return {
    context,
    runner,
    faults,
    reported,
    [Symbol.asyncDispose]: async () => {
      over.abort();
      await loops;
      await runner.idle();
      await registry[Symbol.asyncDispose]();
    },
  };
}
