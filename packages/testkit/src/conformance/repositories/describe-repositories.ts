import { begin } from './attempt-begin.ts';
import { finish } from './attempt-finish.ts';
import { finishWithLaunch } from './attempt-finish-launch.ts';
import { markLaunched } from './attempt-launch.ts';
import { census } from './census-repository.ts';
import { changeFeed } from './change-feed.ts';
import type { RepositoriesSetup } from './harness.ts';
import { history } from './history-repository.ts';
import { imageUse } from './image-use.ts';
import { instances } from './instance-repository.ts';
import { cancel } from './job-cancel.ts';
import { claiming } from './job-claiming.ts';
import { insertBegun } from './job-insert-begun.ts';
import { insert, sealedSecrets } from './job-insert.ts';
import { sharing } from './job-sharing.ts';
import { listing } from './job-listing.ts';
import { release } from './job-release.ts';
import { append } from './log-append.ts';
import { gaps } from './log-gaps.ts';
import { read } from './log-read.ts';
import { ownership } from './ownership-repository.ts';
import { pools } from './pool-repository.ts';
import { beginOnWorker, countByPool, insertForPool, insertOnWorker } from './pool-workers.ts';
import * as providers from './provider-repository.ts';
import { queues } from './queue-repository.ts';
import { waiting } from './job-waiting.ts';
import { retention } from './retention-repository.ts';
import { setAside } from './set-aside.ts';
import { suiteOf, type Suite } from './suite.ts';
import { observing } from './worker-observation.ts';
import { tokens } from './token-repository.ts';
import * as workers from './worker-repository.ts';

/** What every `JobRepository` has to do. */
export const describeJobRepository: Suite = suiteOf(
  'job repository',
  insert,
  insertBegun,
  insertOnWorker,
  sealedSecrets,
  listing,
  claiming,
  sharing,
  waiting,
  release,
  cancel,
);
/** What every `QueueRepository` has to do. */
export const describeQueueRepository: Suite = suiteOf('queue repository', queues);
/** What every `AttemptRepository` has to do. */
export const describeAttemptRepository: Suite = suiteOf(
  'attempt repository',
  begin,
  beginOnWorker,
  markLaunched,
  finishWithLaunch,
  finish,
);
/** What every `WorkerRepository` has to do. */
export const describeWorkerRepository: Suite = suiteOf(
  'worker repository',
  insertForPool,
  countByPool,
  workers.reading,
  workers.changing,
  observing,
  setAside,
);
/** What every `ImageUseRepository` has to do. */
export const describeImageUseRepository: Suite = suiteOf('image use repository', imageUse);
/** What every `ProviderRepository` has to do. */
export const describeProviderRepository: Suite = suiteOf('provider repository', providers.storing, providers.changing);
/** What every `PoolRepository` has to do. */
export const describePoolRepository: Suite = suiteOf('pool repository', pools);
/** What every `LogRepository` has to do. */
export const describeLogRepository: Suite = suiteOf('log repository', append, gaps, read);
/** What every `TokenRepository` has to do. */
export const describeTokenRepository: Suite = suiteOf('token repository', tokens);
/** What every `HistoryRepository` has to do. */
export const describeHistoryRepository: Suite = suiteOf('history repository', history);
/** What every `InstanceRepository` has to do. */
export const describeInstanceRepository: Suite = suiteOf('instance repository', instances);
/** What every `OwnershipRepository` has to do. */
export const describeOwnershipRepository: Suite = suiteOf('ownership repository', ownership);
/** What every `RetentionRepository` has to do. */
export const describeRetentionRepository: Suite = suiteOf('retention repository', retention);
/** What every `CensusRepository` has to do. */
export const describeCensusRepository: Suite = suiteOf('census repository', census);
/** What every `ChangeFeed` has to do. */
export const describeChangeFeed: Suite = suiteOf('change feed', changeFeed);

/**
 * The repository conformance suites, all of them: one `describe` a method of each port. They assert error
 * codes, never messages, and let calls compete through both repositories of the harness.
 */
export function describeRepositories(name: string, setup: RepositoriesSetup): void {
  describeInstanceRepository(name, setup);
  describeProviderRepository(name, setup);
  describePoolRepository(name, setup);
  describeJobRepository(name, setup);
  describeQueueRepository(name, setup);
  describeAttemptRepository(name, setup);
  describeWorkerRepository(name, setup);
  describeImageUseRepository(name, setup);
  describeLogRepository(name, setup);
  describeTokenRepository(name, setup);
  describeHistoryRepository(name, setup);
  describeOwnershipRepository(name, setup);
  describeRetentionRepository(name, setup);
  describeCensusRepository(name, setup);
  describeChangeFeed(name, setup);
}
