import type { AttemptRepository } from './attempts/attempt-repository.ts';
import type { CensusRepository } from './history/census-repository.ts';
import type { ChangeFeed } from './history/change-feed.ts';
import type { HistoryRepository } from './history/history-repository.ts';
import type { ImageUseRepository } from './providers/image-use.ts';
import type { InstanceRepository } from './instances/instance-repository.ts';
import type { JobRepository } from './jobs/job-repository.ts';
import type { LogRepository } from './output/log-repository.ts';
import type { OwnershipRepository } from './instances/ownership-repository.ts';
import type { PoolRepository } from './pools/pool-repository.ts';
import type { ProviderRepository } from './providers/provider-repository.ts';
import type { QueueRepository } from './queues/queue-repository.ts';
import type { TokenRepository } from './access/token-repository.ts';
import type { RetentionRepository } from './history/retention-repository.ts';
import type { WorkerRepository } from './workers/worker-repository.ts';

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
