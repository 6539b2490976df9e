import {
  checkPoolInput,
  type Job,
  type JobId,
  type JobInput,
  type OutputStream,
  type PoolInput,
  type ProviderCapabilities,
} from '@hodei/domain';
import {
  createInMemoryRepositories,
  InMemoryEngine,
  InMemoryProvider,
  RepositoryFaults,
  SequentialIds,
  SimulatedClock,
  type InMemoryEngineOptions,
} from '@hodei/testkit/in-memory';

import {
  ChangeHub,
  DEFAULT_JOB_POLICY,
  dispatchJobs,
  IdleWorkers,
  JobRunner,
  keepPools,
  PoolKeeper,
  Preparations,
  ProviderRegistry,
  submitJob,
  waitForJob,
  type DiagnosticFacts,
  type Diagnostics,
  type JobContext,
  type JobPolicy,
} from '../../src/index.ts';

/** A whole control plane in memory, under a simulated clock. */
export interface TestControlPlane extends AsyncDisposable {
  readonly context: JobContext;
  readonly runner: JobRunner;
  readonly idle: IdleWorkers;
  readonly keeper: PoolKeeper;
  readonly clock: SimulatedClock;
  readonly engine: InMemoryEngine;
  /** Those of the other providers, by name. */
  readonly engines: ReadonlyMap<string, InMemoryEngine>;
  readonly provider: InMemoryProvider;
  readonly databaseFaults: RepositoryFaults;
  /** Warnings and errors that were reported. */
  readonly reported: string[];
  /** The same with their facts. */
  readonly reports: readonly { readonly message: string; readonly facts: DiagnosticFacts }[];
  /** Submits and dispatches a job and moves time until it has ended and its worker is gone. */
  run(input: JobInput): Promise<Job>;
  /** Moves time until this promise has settled. */
  until<T>(promise: Promise<T>): Promise<T>;
  output(jobId: JobId, stream?: OutputStream): Promise<string>;
}

/** @param options what is out of the ordinary. */
export async function startControlPlane(
  options: {
    readonly engine?: Omit<InMemoryEngineOptions, 'clock'>;
    readonly policy?: Partial<JobPolicy>;
    readonly capabilities?: Partial<ProviderCapabilities>;
    /** Providers beside "memory" by name, each with an engine of its own. */
    readonly others?: Readonly<Record<string, Omit<InMemoryEngineOptions, 'clock'>>>;
    /** Pools that are kept from the beginning, and filled before this resolves. */
    readonly pools?: readonly PoolInput[];
  } = {},
): Promise<TestControlPlane> {
  const clock = new SimulatedClock();
  const ids = new SequentialIds();
  const engine = new InMemoryEngine({ clock, ...options.engine });
  const engines = new Map(
    Object.entries(options.others ?? {}).map(([name, other]) => [name, new InMemoryEngine({ clock, ...other })]),
  );
  const databaseFaults = new RepositoryFaults();
  const repositories = createInMemoryRepositories({ clock, ids, faults: databaseFaults });
  const providers: InMemoryProvider[] = [];
  const reported: string[] = [];
  const reports: { readonly message: string; readonly facts: DiagnosticFacts }[] = [];
  const report = (message: string, facts: DiagnosticFacts = {}): void => {
    reported.push(message);
    reports.push({ message, facts });
  };
  const diagnostics: Diagnostics = {
    info: () => undefined,
    warn: (message, facts) => report(message, facts),
    error: (message, facts) => report(message, facts),
  };
  const registry = new ProviderRegistry({
    repositories,
    clock,
    ids,
    diagnostics,
    factories: {
      'in-memory': async ({ id, name }) => {
        const made = new InMemoryProvider({
          id,
          engine: engines.get(name) ?? engine,
          ...(options.capabilities ? { capabilities: options.capabilities } : {}),
        });
        providers.push(made);
        return made;
      },
    },
  });
  await registry.register({ name: 'memory', type: 'in-memory' });
  for (const name of engines.keys()) await registry.register({ name, type: 'in-memory' });
  const [provider] = providers;
  if (provider === undefined) throw new Error('the registry has made no provider');
  const instance = await repositories.instances.register({ name: 'test', leaseMs: 1e9, keepsPools: true });
  const idle = new IdleWorkers();
  for (const pool of options.pools ?? [])
    await repositories.pools.put({ pool: checkPoolInput(pool), version: 0, at: clock.now() });
  const hub = new ChangeHub(repositories.changes);
  const context: JobContext = {
    repositories,
    registry,
    hub,
    clock,
    ids,
    instance,
    idle,
    preparations: new Preparations(),
    lost: new AbortController().signal,
    policy: { ...DEFAULT_JOB_POLICY, ...options.policy },
    // Reversed, so that a test can tell a sealed secret from an open one.
    sealer: {
      seal: (_, secrets) => new TextEncoder().encode(JSON.stringify(secrets)).toReversed(),
      open: (_, sealed) => JSON.parse(new TextDecoder().decode(sealed.toReversed())) as Record<string, string>,
    },
    diagnostics,
  };
  const runner = new JobRunner(context);
  const over = new AbortController();
  const keeper = new PoolKeeper({ ...context, idle }, runner);
  const loops = Promise.all([
    hub.run(over.signal),
    dispatchJobs(context, runner, over.signal),
    ...(options.pools === undefined ? [] : [keepPools({ ...context, idle }, keeper, over.signal)]),
  ]);
  const until = <T>(promise: Promise<T>): Promise<T> => clock.runUntilSettled(promise);
  const isFilled = (): boolean =>
    (options.pools ?? []).every(({ name, minIdle = 1 }) => idle.waiting(name).length === minIdle);
  while (!isFilled()) await clock.advance(10);
  return {
    context,
    runner,
    idle,
    keeper,
    clock,
    engine,
    engines,
    provider,
    databaseFaults,
    reported,
    reports,
    until,
    run: async (input) => {
      const { id } = await submitJob(context, input);
      const job = await until(waitForJob(context, id));
      await until(runner.idle());
      return job;
    },
    output: async (jobId, stream) => {
      const records = await repositories.logs.read({
        jobId,
        afterSeq: 0,
        maxBytes: 2 ** 30,
        ...(stream ? { stream } : {}),
      });
      return Buffer.concat(records.map(({ bytes }) => bytes)).toString();
    },
    [Symbol.asyncDispose]: async () => {
      over.abort();
      await until(loops);
      await until(runner.idle());
    },
  };
}
