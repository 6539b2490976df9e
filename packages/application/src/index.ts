export { Preparations } from './attempts/preparations.ts';
export type { OnProgress } from './attempts/prepare-worker.ts';
export { dispatchJobs, type DispatchOptions } from './dispatch/dispatch-jobs.ts';
export { JobRunner } from './dispatch/job-runner.ts';
export { IdleWorkers } from './pools/idle-workers.ts';
export { keepPools } from './pools/keep-pools.ts';
export { PoolKeeper } from './pools/pool-keeper.ts';
export { followHistory } from './history/follow-history.ts';
export { HistoryTail } from './history/history-tail.ts';
export { deletePool, listPools, putPool, type PoolView } from './pools/put-pool.ts';
export { cancelJob } from './jobs/cancel-job.ts';
export { describeJob, type JobDescription } from './jobs/describe-job.ts';
export { WAITING_REASONS, type Waiting, type WaitingReason } from './jobs/waiting-for.ts';
export { followOutput } from './jobs/follow-output.ts';
export { submitJob, type Idempotency } from './jobs/submit-job.ts';
export { submitJobs, type Submission } from './jobs/submit-jobs.ts';
export { waitForJob } from './jobs/wait-for-job.ts';
export { deleteLimit, listLimits, putLimit } from './queues/manage-limits.ts';
export { deleteQueue, listQueues, pauseQueue, putQueue, resumeQueue } from './queues/manage-queues.ts';
export { ChangeHub, type Subscription } from './support/change-hub.ts';
export type { DiagnosticFacts, Diagnostics } from './support/diagnostics.ts';
export type { JobContext } from './support/job-context.ts';
export { DEFAULT_JOB_POLICY, type JobPolicy } from './support/job-policy.ts';
export { START_KINDS, type StartKind, type Telemetry, type TracedAttempt } from './telemetry/telemetry.ts';
export { START_PHASES, type PhaseSpan, type StartPhase } from './telemetry/start-phases.ts';
export { keepLease, LEASE_MS } from './support/keep-lease.ts';
export { createToken, listTokens, revokeToken } from './tokens/manage-tokens.ts';
export { TOKEN_CACHE_MS, TokenAuthenticator } from './tokens/token-authenticator.ts';
export { destroyWorker } from './workers/destroy-worker.ts';
export { destroyWorkerNow, drainWorker } from './workers/end-worker.ts';
export { reportHeartbeat, type HeartbeatReport } from './workers/report-heartbeat.ts';
export { issueWorkerToken, WORKER_TOKEN } from './workers/worker-token.ts';
export { LOOK_EVERY_MS, watchOverWorkers } from './workers/watch-over-workers.ts';
export {
  countWorkers,
  getWorker,
  listWorkers,
  type WorkerStatistics,
  type WorkerView,
} from './workers/worker-registry.ts';
export { ProviderRegistry, type ProviderRegistryParams } from './registry/provider-registry.ts';
export type { Selection, SelectParams } from './registry/provider-selector.ts';
export type { ProviderFactories, ProviderFactory } from './registry/build-provider.ts';
export type { Candidate, CompareCandidates } from './registry/candidate.ts';
export type { BreakerOptions, BreakerState } from './registry/circuit-breaker.ts';
export type {
  ProviderRefusal,
  RefusalKind,
  RefusalReason,
  SelectionExplanation,
  SelectionQuery,
} from './registry/explain-selection.ts';
export type { ProviderQuery, ProviderStatistics, ProviderView } from './registry/provider-view.ts';
export {
  parseSelectionStrategy,
  SELECTION_STRATEGIES,
  type SelectionStrategyName,
} from './registry/selection-strategies.ts';
export { watchProviders } from './registry/watch-providers.ts';
export { continueOwned } from './recovery/continue-owned.ts';
export { tidyProviders, TIDY_EVERY_MS } from './housekeeping/tidy-providers.ts';
export { WorkerReconciler, type Reconciliation } from './recovery/reconcile-workers.ts';
export { recoverAbandoned, resync, takeOverStep } from './recovery/recover-abandoned.ts';
export { pruneHistory } from './retention/prune-history.ts';
