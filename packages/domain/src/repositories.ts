import type { AttemptRepository } from './attempt-repository.ts';
import type { CensusRepository } from './census-repository.ts';
import type { ChangeFeed } from './change-feed.ts';
import type { HistoryRepository } from './history-repository.ts';
import type { ImageUseRepository } from './image-use.ts';
import type { InstanceRepository } from './instance-repository.ts';
import type { JobRepository } from './job-repository.ts';
import type { LogRepository } from './log-repository.ts';
import type { OwnershipRepository } from './ownership-repository.ts';
import type { PoolRepository } from './pool-repository.ts';
import type { ProviderRepository } from './provider-repository.ts';
import type { QueueRepository } from './queue-repository.ts';
import type { TokenRepository } from './token-repository.ts';
import type { RetentionRepository } from './retention-repository.ts';
import type { WorkerRepository } from './worker-repository.ts';

/** All that one store offers. */
export interface Repositories {
  readonly instances: InstanceRepository;
  readonly providers: ProviderRepository;
  readonly pools: PoolRepository;
  readonly jobs: JobRepository;
  readonly queues: QueueRepository;
  readonly attempts: AttemptRepository;
  readonly workers: WorkerRepository;
  readonly images: ImageUseRepository;
  readonly logs: LogRepository;
  readonly history: HistoryRepository;
  readonly ownership: OwnershipRepository;
  readonly tokens: TokenRepository;
  readonly retention: RetentionRepository;
  readonly census: CensusRepository;
  readonly changes: ChangeFeed;
}
