import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import {
  checkPoolInput,
  NO_OUTPUT,
  parseAttemptId,
  parseJobId,
  parseProviderId,
  parseWorkerId,
  type Attempt,
  type Epoch,
  type EpochMs,
  type Job,
  type JobId,
  type JobSpec,
  type NewAttempt,
  type NewJob,
  type NewPoolWorker,
  type Outcome,
  type Placement,
  type Pool,
  type PoolSettings,
  type ProviderConfig,
  type Repositories,
  type Settlement,
  type Worker,
  type WorkerHandle,
  type WorkerState,
} from '@hodei/domain';
import type { RepositoriesHarness } from './harness.ts';

export const SUCCESS: Outcome = { cause: 'exited', evidence: { exitCode: 0 } };
export const FAILURE: Outcome = { cause: 'exited', evidence: { exitCode: 7 } };
export const LOST: Outcome = { cause: 'worker_lost', evidence: { message: 'it vanished' } };

/** Rows in the states that tests begin with, made through the ports alone. */
export class RepositoryBench {
  readonly repositories: Repositories;
  readonly peer: Repositories;
  /** A live instance, which owns what the bench makes. */
  readonly owner: Epoch;
  /** A live instance that owns nothing. */
  readonly stranger: Epoch;
  readonly #harness: RepositoriesHarness;
  #now: EpochMs = Date.UTC(2026, 5, 1, 12, 0, 0, 123);
  #provider: Promise<ProviderConfig> | undefined;
  #pool: Promise<Pool> | undefined;

  private constructor(harness: RepositoriesHarness, owner: Epoch, stranger: Epoch) {
    this.#harness = harness;
    this.repositories = harness.repositories;
    this.peer = harness.peer;
    this.owner = owner;
    this.stranger = stranger;
  }

  static async open(harness: RepositoriesHarness): Promise<RepositoryBench> {
    const owner = await harness.repositories.instances.register({ name: 'owner', leaseMs: 60_000 });
    const stranger = await harness.peer.instances.register({ name: 'stranger', leaseMs: 60_000 });
    return new RepositoryBench(harness, owner.epoch, stranger.epoch);
  }

  /** The next moment: each call gives one that is later, by a millisecond. */
  tick(): EpochMs {
    this.#now += 1;
    return this.#now;
  }

  /** Lets the store's clock go on until this holds. */
  async until(holds: () => Promise<boolean>, stepMs: number): Promise<void> {
    while (!(await holds())) await this.#harness.letTimePass?.(stepMs);
  }

  /** The provider of all workers that the bench makes. */
  provider(): Promise<ProviderConfig> {
    this.#provider ??= this.repositories.providers.insert(this.newProvider());
    return this.#provider;
  }

  newProvider(given: Partial<ProviderConfig> = {}): ProviderConfig {
    const at = this.tick();
    const id = parseProviderId(randomUUID());
    return {
      id,
      name: `p-${id}`,
      type: 'test',
      mode: 'active',
      priority: 0,
      maxWorkers: 1000,
      labels: {},
      settings: {},
      createdAt: at,
      updatedAt: at,
      version: 1,
      ...given,
    };
  }

  newJob(spec: Partial<JobSpec> = {}, given: Partial<NewJob> = {}): NewJob {
    const all: JobSpec = {
      image: 'busybox',
      env: {},
      secretNames: [],
      queue: 'default',
      resources: {},
      network: 'none',
      requirements: {},
      retry: {
        maxAttempts: 1,
        backoffMs: 0,
      },
      priority: 0,
      labels: {},
      ...spec,
    };
    return { id: newJobId(), spec: all, at: this.tick(), ...given };
  }

  pendingJob(spec: Partial<JobSpec> = {}, given: Partial<NewJob> = {}): Promise<Job> {
    return this.repositories.jobs.insert(this.newJob(spec, given));
  }

  scheduledJob(given: Partial<NewJob> = {}): Promise<Job> {
    return this.pendingJob({}, { claimFor: this.owner, ...given });
  }

  async newAttempt(jobId: JobId, given: Partial<NewAttempt> = {}): Promise<NewAttempt> {
    const { id: providerId } = await this.provider();
    const at = this.tick();
    return {
      attemptId: parseAttemptId(randomUUID()),
      jobId,
      providerId,
      at,
      epoch: this.owner,
      nonce: 'a'.repeat(32),
      phases: { claimed: at },
      worker: {
        workerId: parseWorkerId(randomUUID()),
        image: 'busybox',
        resources: { cpu: 0.5 },
        expiresAt: at + 6e4,
      },
      ...given,
    };
  }

  /** Asserts that an attempt is what was wanted, the first of its job, and stands in the rows with its worker as `creating`. */
  async expectBegun(attempt: Attempt | undefined, wanted: NewAttempt): Promise<void> {
    const { attemptId: id, jobId, providerId, epoch, nonce, phases, at, worker } = wanted;
    const { workerId, ...spec } = worker;
    const first = { number: 1, acknowledged: NO_OUTPUT, warnings: [] };
    expect(attempt).toEqual({ ...first, id, jobId, workerId, providerId, epoch, nonce, phases });
    expect(await this.peer.attempts.listByJob(jobId)).toEqual([attempt]);
    const made = { state: 'creating', jobsRun: 0, createdAt: at, stateChangedAt: at };
    expect(await this.peer.workers.get(workerId)).toEqual({ ...made, ...spec, id: workerId, providerId, epoch, jobId });
  }

  /** The same store, seen in turns from both control planes. */
  side(turn: number): Repositories {
    return turn % 2 === 0 ? this.repositories : this.peer;
  }

  /** An attempt whose worker is being created. */
  async begun(given: Partial<NewJob> = {}): Promise<Attempt> {
    return this.beginNext((await this.scheduledJob(given)).id);
  }

  async beginNext(jobId: JobId): Promise<Attempt> {
    return this.repositories.attempts.begin(await this.newAttempt(jobId));
  }

  /** An attempt whose worker waits for its order. */
  async readied(given: Partial<NewJob> = {}): Promise<Attempt> {
    const attempt = await this.begun(given);
    await this.markReady(attempt);
    return attempt;
  }

  /** An attempt that runs. */
  async launched(given: Partial<NewJob> = {}): Promise<Attempt> {
    const attempt = await this.readied(given);
    await this.markLaunched(attempt);
    return this.repositories.attempts.get(attempt.id);
  }

  /** The pool of all waiting workers that the bench makes. */
  async pool(given: Partial<PoolSettings> = {}): Promise<Pool> {
    const pool = checkPoolInput({ name: 'warm', template: { image: 'busybox' }, maxWorkers: 20 });
    this.#pool ??= this.repositories.pools.put({ pool: { ...pool, ...given }, version: 0, at: this.tick() });
    return this.#pool;
  }

  async newPoolWorker(): Promise<NewPoolWorker> {
    const [{ name: pool }, { id: providerId }] = [await this.pool(), await this.provider()];
    const at = this.tick();
    const made = { workerId: parseWorkerId(randomUUID()), image: 'busybox', resources: { cpu: 0.5 } };
    return { ...made, pool, providerId, epoch: this.owner, expiresAt: at + 6e4, at };
  }

  /** A worker that waits in the pool. */
  async waiting(): Promise<Worker> {
    const { workers } = this.repositories;
    const { id: workerId, providerId } = await workers.insertForPool(await this.newPoolWorker());
    const handle = handleOf({ workerId, providerId });
    await workers.markReady({ workerId, epoch: this.owner, handle, at: this.tick() });
    return workers.get(workerId);
  }

  placement(worker: Worker): Placement {
    const at = this.tick();
    const attemptId = parseAttemptId(randomUUID());
    const moments = { phases: { claimed: at }, at, expiresAt: at + 9e4 };
    return { attemptId, workerId: worker.id, nonce: 'b'.repeat(32), epoch: this.owner, ...moments };
  }

  /** The attempt of a job that was placed on a waiting worker when it was submitted. */
  async placed(): Promise<Attempt> {
    const worker = await this.waiting();
    const placed = await this.repositories.jobs.insertOnWorker(this.newJob(), this.placement(worker));
    if (placed === undefined) throw new Error('the worker does not wait');
    return placed.attempt;
  }

  /** @returns the worker as it is then. */
  async markReady({ workerId, providerId }: Attempt, epoch: Epoch = this.owner): Promise<Worker> {
    const { workers } = this.repositories;
    await workers.markReady({ workerId, epoch, handle: handleOf({ workerId, providerId }), at: this.tick() });
    return workers.get(workerId);
  }

  markLaunched(attempt: Attempt, epoch: Epoch = this.owner): Promise<void> {
    const at = this.tick();
    return this.repositories.attempts.markLaunched({
      attemptId: attempt.id,
      epoch,
      phases: { launched: at },
      warnings: [],
      at,
    });
  }

  finish(
    attempt: Attempt,
    outcome: Outcome,
    settlement: Settlement,
    epoch: Epoch = this.owner,
    reuse = false,
  ): Promise<Job> {
    const at = this.tick();
    return this.repositories.attempts.finish({
      attemptId: attempt.id,
      epoch,
      outcome,
      settlement,
      phases: { ended: at },
      reuse,
      at,
    });
  }

  cancel(jobId: JobId, by = 'someone'): Promise<Job> {
    return this.peer.jobs.requestCancel({ jobId, by, at: this.tick() });
  }

  /** A job that has ended so. */
  async ended(state: 'succeeded' | 'failed' | 'cancelled' | 'timed_out', given: Partial<NewJob> = {}): Promise<Job> {
    return this.finish(await this.launched(given), state === 'succeeded' ? SUCCESS : FAILURE, { state });
  }

  /** Moves a worker that is in `creating` to this state, by the shortest way. */
  async bring(attempt: Attempt, to: WorkerState): Promise<Worker> {
    const way: readonly WorkerState[] = WAYS[to];
    let worker = await this.repositories.workers.get(attempt.workerId);
    for (const next of way) worker = await this.moveWorker(worker, next);
    return worker;
  }

  /** @returns the worker as it is then. */
  async moveWorker({ id: workerId, state: from }: Pick<Worker, 'id' | 'state'>, to: WorkerState): Promise<Worker> {
    const { workers } = this.repositories;
    await workers.transition({ workerId, epoch: this.owner, from, to, at: this.tick() });
    return workers.get(workerId);
  }
}

const WAYS: Readonly<Record<WorkerState, readonly WorkerState[]>> = {
  creating: [],
  connecting: ['connecting'],
  ready: ['ready'],
  busy: ['ready', 'busy'],
  draining: ['ready', 'draining'],
  terminating: ['terminating'],
  terminated: ['terminated'],
};

export const newJobId = (): JobId => parseJobId(randomUUID());

export function handleOf(attempt: Pick<Attempt, 'workerId' | 'providerId'>): WorkerHandle {
  return {
    version: 1,
    workerId: attempt.workerId,
    providerId: attempt.providerId,
    providerType: 'test',
    resourceId: 'c0ffee',
    createdAt: 0x18bcfe56801,
    defaultCommand: ['sh', '-c', ''],
    warnings: ['memory is only watched'],
    providerState: {
      socket: '/run/it.sock',
      odd: 'NUL \0 and "quotes"',
    },
  };
}

/** Everything there is, page by page, with what happens between the pages. */
export async function readPages<Item>(
  list: (page: {
    readonly limit: number;
    readonly cursor?: string;
  }) => Promise<{ readonly items: readonly Item[]; readonly nextCursor?: string }>,
  limit: number,
  between: () => Promise<unknown> = async () => {},
): Promise<readonly Item[]> {
  const all: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await list(cursor === undefined ? { limit } : { limit, cursor });
    all.push(...page.items);
    cursor = page.nextCursor;
    if (cursor !== undefined) await between();
  } while (cursor !== undefined);
  return all;
}
