export type { EpochMs, Clock } from './clock.ts';
export { ERROR_CODES, HodeiError, isHodeiError, toHodeiError, type ErrorCode, type ErrorDetails } from './errors.ts';
export {
  parseJobId,
  parseAttemptId,
  parseWorkerId,
  parseProviderId,
  parseInstallationId,
  type JobId,
  type AttemptId,
  type WorkerId,
  type ProviderId,
  type InstallationId,
  type IdKind,
  type IdGenerator,
} from './ids.ts';
export { LinkedAbort } from './linked-abort.ts';
export { orAborted } from './or-aborted.ts';
export { parsePageRequest, toPage, type Page, type PageRequest, type PageStart } from './page.ts';
export type { Repositories } from './repositories.ts';
export { isTerminal, transition, type TransitionTable } from './state-machine.ts';
export type { SecretSealer } from './access/secret-sealer.ts';
export type { TokenRepository } from './access/token-repository.ts';
export {
  allows,
  assertTokenInput,
  parseTokenScope,
  TOKEN_SCOPES,
  type Token,
  type TokenInput,
  type TokenScope,
} from './access/token.ts';
export type { Launch, NewAttempt, Placement, AttemptRepository } from './attempts/attempt-repository.ts';
export { PHASES, type Phase, type PhaseTimes, type Attempt } from './attempts/attempt.ts';
export {
  MAX_FREE_RETRIES,
  FREE_RETRY_BACKOFF_MS,
  settleAttempt,
  withJitter,
  type Settlement,
} from './attempts/settle-attempt.ts';
export {
  TERMINATION_CAUSES,
  isSuccess,
  isCounted,
  parseTerminationCause,
  type TerminationCause,
  type TerminationEvidence,
  type Outcome,
} from './attempts/termination.ts';
export { WAITING_CLASSES, type Census, type CensusRepository, type WaitingClass } from './history/census-repository.ts';
export { joinChanges, type Change, type ChangeFeed } from './history/change-feed.ts';
export type { HistoryEvent } from './history/history-event.ts';
export type { HistoryHorizon, HistoryRepository } from './history/history-repository.ts';
export type { Pruned, RetentionRepository } from './history/retention-repository.ts';
export { formatTraceParent, parseTraceParent, traceParentOf, type TraceParent } from './history/trace-parent.ts';
export type { EngineDeclaration, InstanceRepository } from './instances/instance-repository.ts';
export { wrongSealingKey } from './instances/wrong-sealing-key.ts';
export type { Epoch, Instance } from './instances/instance.ts';
export type { Owned, OwnershipRepository } from './instances/ownership-repository.ts';
export { MAX_TIMEOUT_MS, MAX_STDIN_BYTES, checkJobInput } from './jobs/check-job-input.ts';
export type { JobInput } from './jobs/job-input.ts';
export type { NewJob, JobQuery, JobRepository, Outlook } from './jobs/job-repository.ts';
export {
  TERMINAL_JOB_STATES,
  JOB_TRANSITIONS,
  JOB_STATES,
  transitionJob,
  canTransitionJob,
  isTerminalJobState,
  parseJobState,
  type JobState,
} from './jobs/job-state.ts';
export type { RetryPolicy, JobSpec, CancelRequest, Job, JobRefusal } from './jobs/job.ts';
export { DEFERRED_MS, PRIORITY_POINT_MS, dueAtOf, mayBeginAtOnce, turnOf, waitUntilOf } from './jobs/turn.ts';
export { waitTimeoutOf } from './jobs/wait-timeout.ts';
export { assertLaunchable, MAX_ARGUMENT_BYTES, MAX_ORDER_BYTES } from './launch/assert-launchable.ts';
export {
  GO_LINE,
  LAUNCHER_SCRIPT,
  NEVER_LAUNCHED_EXIT_CODE,
  MAX_MARKER_BYTES,
  VOID_LINE,
  aheadOf,
  launchMarker,
  parseLaunchMarker,
  encodeLaunchOrder,
  type LaunchOrder,
  type DirectLaunch,
  type LaunchVerdict,
} from './launch/launch-order.ts';
export { createLaunchReader, type LaunchReader } from './launch/launch-reader.ts';
export { createOrderReader, type OrderReader } from './launch/order-reader.ts';
export {
  REUSABLE_LAUNCHER_SCRIPT,
  encodeReusableOrder,
  type JobEnd,
  type WorkerCondition,
} from './launch/reusable-launch.ts';
export { createSecretMask, type SecretMask } from './launch/secret-mask.ts';
export { quoteForShell } from './launch/shell-quoting.ts';
export type { LogRecord, LogRepository, StoredOutput } from './output/log-repository.ts';
export {
  endOfChunk,
  GAP_REASONS,
  gapChunk,
  lastBytes,
  NO_OUTPUT,
  parseGapReason,
  type GapReason,
  type OutputChunk,
  type OutputGap,
  type OutputOffsets,
  type OutputStream,
} from './output/output.ts';
export { fitsTemplate } from './pools/fits-template.ts';
export type { PoolRepository } from './pools/pool-repository.ts';
export {
  checkPoolInput,
  parsePoolPolicy,
  type Pool,
  type PoolInput,
  type PoolPolicy,
  type PoolSettings,
  type PoolTemplate,
} from './pools/pool.ts';
export type { LaunchMode, ProviderCapabilities } from './providers/capabilities.ts';
export {
  DEFAULT_OVERCOMMIT,
  capacityOf,
  distanceToRoom,
  lackOfRoom,
  type Capacity,
  type Load,
  type Overcommit,
} from './providers/capacity.ts';
export { shortfall, fulfils, type Demand, type Shortfall } from './providers/fulfils.ts';
export type { ImageCollection, ImageUse, ImageUseRepository } from './providers/image-use.ts';
export {
  providerStatus,
  parseProviderMode,
  assertProviderInput,
  type ProviderMode,
  type ProviderStatus,
  type ProviderConfig,
  type ProviderInput,
  type ProviderPatch,
} from './providers/provider-config.ts';
export type { HealthStatus, ProviderHealth } from './providers/provider-health.ts';
export type { ProviderRepository } from './providers/provider-repository.ts';
export type { Requirements } from './providers/requirements.ts';
export { RESOURCE_NAMES, type Resources, type ResourceName } from './providers/resources.ts';
export { leavesRoom, roomForJob, setAsideUntil, type RoomFor, type SetAside } from './providers/set-aside.ts';
export type {
  CallOptions,
  ProvisionProgress,
  WorkerExit,
  RunningJob,
  WorkerStatus,
  ListedWorker,
  WorkerEvent,
  LogQuery,
  RecoverOptions,
  WorkerProvider,
} from './providers/worker-provider.ts';
export type { InFlight, QueueRepository } from './queues/queue-repository.ts';
export {
  DEFAULT_QUEUE,
  EVERY_JOB,
  assertQueueName,
  checkKeyLimit,
  checkQueueInput,
  unconfiguredQueue,
  type KeyLimit,
  type KeyLimitView,
  type Queue,
  type QueueInput,
  type QueueView,
} from './queues/queue.ts';
export { MOST_AHEAD, shareOut, type Admission, type Charge, type ReadyJob, type Share } from './queues/share-out.ts';
export { assertWithoutStdin, assertWorkerSpec } from './workers/check-worker-spec.ts';
export { explainHeartbeatRefusal } from './workers/explain-heartbeat-refusal.ts';
export { LABELS, RESERVED_LABEL_PREFIX, workerName } from './workers/labels.ts';
export {
  DEFAULT_WORKER_GRACES,
  workerHealth,
  type WorkerGraces,
  type WorkerHealth,
  type WorkerHealthStatus,
} from './workers/worker-health.ts';
export type { NewPoolWorker, PoolCounts, WorkerQuery, WorkerRepository } from './workers/worker-repository.ts';
export { retirement, type Retirement } from './workers/worker-retirement.ts';
export {
  WORKER_TRANSITIONS,
  WORKER_STATES,
  transitionWorker,
  canTransitionWorker,
  isTerminalWorkerState,
  parseWorkerState,
  type WorkerState,
} from './workers/worker-state.ts';
export {
  isIdle,
  type EndRequest,
  type Heartbeat,
  type PullPolicy,
  type WorkerSpec,
  type WorkerHandle,
  type WorkerRef,
  type Worker,
} from './workers/worker.ts';
