export { assertLaunchable, MAX_ARGUMENT_BYTES, MAX_ORDER_BYTES } from './assert-launchable.ts';
export type { NewAttempt, Placement, AttemptRepository } from './attempt-repository.ts';
export { PHASES, type Phase, type PhaseTimes, type Attempt } from './attempt.ts';
export type { LaunchMode, ProviderCapabilities } from './capabilities.ts';
export {
  DEFAULT_OVERCOMMIT,
  assertOvercommit,
  capacityOf,
  distanceToRoom,
  lackOfRoom,
  type Capacity,
  type Load,
  type Overcommit,
} from './capacity.ts';
export { WAITING_CLASSES, type Census, type CensusRepository, type WaitingClass } from './census-repository.ts';
export { joinChanges, type Change, type ChangeFeed } from './change-feed.ts';
export { MAX_TIMEOUT_MS, MAX_STDIN_BYTES, checkJobInput } from './check-job-input.ts';
export { assertWithoutStdin, assertWorkerSpec } from './check-worker-spec.ts';
export type { EpochMs, Clock } from './clock.ts';
export { ERROR_CODES, HodeiError, isHodeiError, toHodeiError, type ErrorCode, type ErrorDetails } from './errors.ts';
export { fitsTemplate } from './fits-template.ts';
export { leavesRoom, roomForJob, SET_ASIDE_AFTER_MS, setAsideUntil, type RoomFor, type SetAside } from './set-aside.ts';
export { shortfall, fulfils, type Demand, type Shortfall } from './fulfils.ts';
export type { HistoryEvent } from './history-event.ts';
export type { HistoryHorizon, HistoryRepository } from './history-repository.ts';
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
export type { ImageCollection, ImageUse, ImageUseRepository } from './image-use.ts';
export type { InstanceRepository } from './instance-repository.ts';
export type { Epoch, Instance } from './instance.ts';
export type { JobInput } from './job-input.ts';
export type { NewJob, JobQuery, JobRepository } from './job-repository.ts';
export {
  TERMINAL_JOB_STATES,
  JOB_TRANSITIONS,
  JOB_STATES,
  transitionJob,
  canTransitionJob,
  isTerminalJobState,
  parseJobState,
  type JobState,
} from './job-state.ts';
export type { RetryPolicy, JobSpec, CancelRequest, Job, JobRefusal } from './job.ts';
export { LABELS, RESERVED_LABEL_PREFIX, workerName } from './labels.ts';
export {
  LAUNCHER_SCRIPT,
  NEVER_LAUNCHED_EXIT_CODE,
  MAX_MARKER_BYTES,
  launchMarker,
  parseLaunchMarker,
  encodeLaunchOrder,
  type LaunchOrder,
  type DirectLaunch,
  type LaunchVerdict,
} from './launch-order.ts';
export { createLaunchReader, type LaunchReader } from './launch-reader.ts';
export { LinkedAbort } from './linked-abort.ts';
export { createOrderReader, type OrderReader } from './order-reader.ts';
export { REUSABLE_LAUNCHER_SCRIPT, encodeReusableOrder, type JobEnd, type WorkerCondition } from './reusable-launch.ts';
export type { LogRecord, LogRepository, StoredOutput } from './log-repository.ts';
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
} from './output.ts';
export { parsePageRequest, toPage, type Page, type PageRequest, type PageStart } from './page.ts';
export {
  checkPoolInput,
  parsePoolPolicy,
  type Pool,
  type PoolInput,
  type PoolPolicy,
  type PoolSettings,
  type PoolTemplate,
} from './pool.ts';
export type { PoolRepository } from './pool-repository.ts';
export {
  providerStatus,
  parseProviderMode,
  assertProviderInput,
  type ProviderMode,
  type ProviderStatus,
  type ProviderConfig,
  type ProviderInput,
  type ProviderPatch,
} from './provider-config.ts';
export type { HealthStatus, ProviderHealth } from './provider-health.ts';
export { formatTraceParent, parseTraceParent, traceParentOf, type TraceParent } from './trace-parent.ts';
export type { ProviderRepository } from './provider-repository.ts';
export type { InFlight, QueueRepository } from './queue-repository.ts';
export {
  DEFAULT_QUEUE,
  EVERY_JOB,
  assertKeyName,
  assertQueueName,
  checkKeyLimit,
  checkQueueInput,
  unconfiguredQueue,
  type KeyLimit,
  type KeyLimitView,
  type Queue,
  type QueueInput,
  type QueueView,
} from './queue.ts';
export type { Pruned, RetentionRepository } from './retention-repository.ts';
export type { Repositories } from './repositories.ts';
export type { Requirements } from './requirements.ts';
export { RESOURCE_NAMES, type Resources, type ResourceName } from './resources.ts';
export { createSecretMask, type SecretMask } from './secret-mask.ts';
export type { SecretSealer } from './secret-sealer.ts';
export {
  MAX_FREE_RETRIES,
  FREE_RETRY_BACKOFF_MS,
  settleAttempt,
  withJitter,
  type Settlement,
} from './settle-attempt.ts';
export { MOST_AHEAD, shareOut, type Admission, type Charge, type ReadyJob, type Share } from './share-out.ts';
export { NEWLINE_VARIABLE, quoteForShell, assertShellText } from './shell-quoting.ts';
export { canTransition, isTerminal, transition, parseState, type TransitionTable } from './state-machine.ts';
export { waitTimeoutOf } from './wait-timeout.ts';
export { PRIORITY_POINT_MS, dueAtOf, turnOf, waitUntilOf } from './turn.ts';
export {
  TERMINATION_CAUSES,
  isSuccess,
  isCounted,
  parseTerminationCause,
  type TerminationCause,
  type TerminationEvidence,
  type Outcome,
} from './termination.ts';
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
} from './worker-provider.ts';
export type { NewPoolWorker, PoolCounts, WorkerQuery, WorkerRepository } from './worker-repository.ts';
export {
  WORKER_TRANSITIONS,
  WORKER_STATES,
  transitionWorker,
  canTransitionWorker,
  isTerminalWorkerState,
  parseWorkerState,
  type WorkerState,
} from './worker-state.ts';
export {
  isIdle,
  type EndRequest,
  type Heartbeat,
  type PullPolicy,
  type WorkerSpec,
  type WorkerHandle,
  type WorkerRef,
  type Worker,
} from './worker.ts';
export {
  DEFAULT_WORKER_GRACES,
  workerHealth,
  type WorkerGraces,
  type WorkerHealth,
  type WorkerHealthStatus,
} from './worker-health.ts';
export { explainHeartbeatRefusal } from './explain-heartbeat-refusal.ts';
export { retirement, type Retirement } from './worker-retirement.ts';
export type { Owned, OwnershipRepository } from './ownership-repository.ts';
export {
  allows,
  assertTokenInput,
  parseTokenScope,
  TOKEN_SCOPES,
  type Token,
  type TokenInput,
  type TokenScope,
} from './token.ts';
export type { TokenRepository } from './token-repository.ts';
