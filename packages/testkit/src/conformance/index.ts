export { describeWorkerProvider } from './worker-provider/describe-worker-provider.ts';
export type { ConformanceCommands, ForeignThing, WorkerProviderHarness } from './worker-provider/harness.ts';
export { posixCommands } from './worker-provider/posix-commands.ts';
export {
  describeAttemptRepository,
  describeCensusRepository,
  describeChangeFeed,
  describeHistoryRepository,
  describeInstanceRepository,
  describeOwnershipRepository,
  describeRetentionRepository,
  describeJobRepository,
  describeLogRepository,
  describeImageUseRepository,
  describePoolRepository,
  describeProviderRepository,
  describeQueueRepository,
  describeRepositories,
  describeTokenRepository,
  describeWorkerRepository,
} from './repositories/describe-repositories.ts';
export { RepositoryBench } from './repositories/bench.ts';
export type { RepositoriesHarness, RepositoriesSetup } from './repositories/harness.ts';
