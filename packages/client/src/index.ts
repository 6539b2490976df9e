export type { EventQuery, EventsClient, HistoryEvent } from './events-client.ts';
export { HodeiClient, type Readiness } from './hodei-client.ts';
export { HodeiClientError, isHodeiClientError, type ClientErrorCode, type Problem } from './hodei-client-error.ts';
export type { TransportOptions } from './http-transport.ts';
export {
  hasEnded,
  type Attempt,
  type AttemptPhase,
  type Ended,
  type Evidence,
  type Job,
  type JobDescription,
  type JobInput,
  type JobSpec,
  type JobState,
  type Moment,
  type OutputGap,
  type OutputRecord,
  type Page,
  type PageQuery,
  type Requirements,
  type Resources,
} from './job.ts';
export type { JobQuery, JobsClient, OutputQuery } from './jobs-client.ts';
export type { Limit, LimitsClient, LimitView } from './limits-client.ts';
export type { Pool, PoolInput, PoolTemplate, PoolView, PoolsClient } from './pools-client.ts';
export type {
  Overcommit,
  Provider,
  ProviderCapabilities,
  ProviderChanges,
  ProviderInput,
  ProviderMode,
} from './provider.ts';
export type { ProvidersClient } from './providers-client.ts';
export type { Queue, QueuesClient, QueueView } from './queues-client.ts';
export type { SubmissionResult } from './submissions.ts';
export type { NewToken, Token, TokenInput, TokenScope, TokensClient } from './tokens-client.ts';
export type { Worker, WorkerHealth, WorkerState } from './worker.ts';
export type { WorkerQuery, WorkersClient } from './workers-client.ts';
