import type { Clock, IdGenerator, Repositories } from '@hodei/domain';
import { FaultPlan } from '../faults.ts';
import { InMemoryAttemptRepository } from './in-memory-attempt-repository.ts';
import { InMemoryCensusRepository } from './in-memory-census-repository.ts';
import { InMemoryChangeFeed } from './in-memory-change-feed.ts';
import { InMemoryHistoryRepository } from './in-memory-history-repository.ts';
import { InMemoryImageUseRepository } from './in-memory-image-use-repository.ts';
import { InMemoryInstanceRepository } from './in-memory-instance-repository.ts';
import { InMemoryJobRepository } from './in-memory-job-repository.ts';
import { InMemoryLogRepository } from './in-memory-log-repository.ts';
import { InMemoryOwnershipRepository } from './in-memory-ownership-repository.ts';
import { InMemoryPoolRepository } from './in-memory-pool-repository.ts';
import { InMemoryProviderRepository } from './in-memory-provider-repository.ts';
import { InMemoryQueueRepository } from './in-memory-queue-repository.ts';
import { InMemoryRetentionRepository } from './in-memory-retention-repository.ts';
import { InMemoryStore } from './in-memory-store.ts';
import { InMemoryTokenRepository } from './in-memory-token-repository.ts';
import { InMemoryWorkerRepository } from './in-memory-worker-repository.ts';

type Port = Exclude<keyof Repositories, 'changes'>;

/** An operation that can be given a fault: the repository and its method, like `jobs.claimPending`. */
export type RepositoryOperation = { readonly [P in Port]: `${P}.${keyof Repositories[P] & string}` }[Port];

/**
 * What shall go wrong in repositories, an operation each: the kinds of {@link FaultPlan}. `loseAnswer` rejects
 * with `database_unavailable` after the commit; nothing ends a `hang`. `when` sees the operation's argument.
 */
export class RepositoryFaults extends FaultPlan<RepositoryOperation, unknown> {
  constructor() {
    super('database_unavailable');
  }
}

/**
 * Repositories that keep everything in memory, and hold the contract of the ports as strictly as a database
 * does. Deterministic: time comes from `clock`, ids from `ids`.
 *
 * @param options.store share one to have several control planes on one installation.
 * @param options.faults what shall go wrong. Change feeds are interrupted by {@link InMemoryStore.interruptFeeds}.
 */
export function createInMemoryRepositories(options: {
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly store?: InMemoryStore;
  readonly faults?: RepositoryFaults;
}): Repositories {
  const { clock, ids, store = new InMemoryStore(), faults } = options;
  const faulty = <P extends Port>(port: P, repository: Repositories[P]): Repositories[P] =>
    faults === undefined ? repository : withFaults(port, repository, faults, clock);
  return {
    instances: faulty('instances', new InMemoryInstanceRepository(store, clock, ids)),
    providers: faulty('providers', new InMemoryProviderRepository(store, () => clock.now())),
    pools: faulty('pools', new InMemoryPoolRepository(store)),
    jobs: faulty('jobs', new InMemoryJobRepository(store)),
    queues: faulty('queues', new InMemoryQueueRepository(store)),
    attempts: faulty('attempts', new InMemoryAttemptRepository(store)),
    workers: faulty('workers', new InMemoryWorkerRepository(store, () => clock.now())),
    images: faulty('images', new InMemoryImageUseRepository(store)),
    logs: faulty('logs', new InMemoryLogRepository(store)),
    history: faulty('history', new InMemoryHistoryRepository(store)),
    ownership: faulty('ownership', new InMemoryOwnershipRepository(store, clock)),
    tokens: faulty('tokens', new InMemoryTokenRepository(store)),
    retention: faulty('retention', new InMemoryRetentionRepository(store, clock)),
    census: faulty('census', new InMemoryCensusRepository(store, clock)),
    changes: new InMemoryChangeFeed(store),
  };
}

/** All methods of a repository are asynchronous, so each call can go through the faults. */
function withFaults<R extends object>(port: Port, repository: R, faults: RepositoryFaults, clock: Clock): R {
  return new Proxy(repository, {
    get(target, property) {
      const method: unknown = Reflect.get(target, property, target);
      if (typeof method !== 'function' || typeof property !== 'string') return method;
      const operation = `${port}.${property}` as RepositoryOperation;
      return (...args: readonly unknown[]) =>
        faults.run(
          operation,
          args[0],
          { clock, signal: undefined },
          async () => Reflect.apply(method, target, args) as unknown,
        );
    },
  });
}
