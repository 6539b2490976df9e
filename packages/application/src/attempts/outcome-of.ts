import {
  NEVER_LAUNCHED_EXIT_CODE,
  type EndRequest,
  type EpochMs,
  type ErrorCode,
  type HodeiError,
  type Job,
  type Outcome,
  type TerminationCause,
  type TerminationEvidence,
  type WorkerExit,
} from '@hodei/domain';

/** Why this instance ended a job itself. */
export type StopReason =
  | { readonly kind: 'cancelled'; readonly by: string }
  /** Its worker was to be destroyed. */
  | { readonly kind: 'destroyed'; readonly by: string }
  | { readonly kind: 'timed_out'; readonly timeoutMs: number };

/** 128 + 9, what init reports for a process that SIGKILL ended (or that itself exited with 137). */
const KILLED_EXIT_CODE = 137;

/**
 * The outcome of a launched job that has ended. What the exit code alone suggests is never taken for the
 * cause: a kill needs the engine's word, an OOM kill needs its flag and a killed main process.
 */
export function outcomeOfExit(exit: WorkerExit, stopped: StopReason | undefined): Outcome {
  const evidence: TerminationEvidence = {
    exitCode: exit.exitCode,
    ...(exit.signal === undefined ? {} : { signal: exit.signal }),
    ...(exit.oomKilled ? { oomKilled: true } : {}),
  };
  if (stopped?.kind === 'cancelled') return { cause: 'cancelled', evidence: { ...evidence, by: stopped.by } };
  if (stopped?.kind === 'destroyed' && !endedWell(exit)) return destroyedOutcome(stopped.by, evidence);
  if (stopped?.kind === 'timed_out') {
    return { cause: 'timed_out', evidence: { ...evidence, message: `ran longer than ${stopped.timeoutMs} ms` } };
  }
  if (exit.oomKilled && exit.exitCode === KILLED_EXIT_CODE) {
    return {
      cause: 'oom_killed',
      evidence: { ...evidence, message: 'the kernel killed it for memory; give it more with memoryBytes' },
    };
  }
  if (exit.endedByEngine) {
    return {
      cause: 'worker_lost',
      evidence: { ...evidence, message: 'its engine went down, and ended it or does not know how it ended' },
    };
  }
  const cut = exit.outputMayBeCut ? { message: 'its engine was away when it ended: its last output may be lost' } : {};
  return { cause: exit.signal === undefined ? 'exited' : 'signalled', evidence: { ...evidence, ...cut } };
}

/** A worker that somebody had destroyed takes its job with it: not the job's fault. */
export const destroyedOutcome = (by: string, evidence: TerminationEvidence = {}): Outcome => ({
  cause: 'worker_lost',
  evidence: { ...evidence, by, message: 'its worker was destroyed on request' },
});

const endedWell = ({ exitCode, signal }: WorkerExit): boolean => exitCode === 0 && signal === undefined;

/**
 * Why an earlier owner of the job must have ended it, from what it left in the rows: it died before it could
 * record that. A job that did what it should ended by itself.
 */
export function endedBefore(
  job: Pick<Job, 'spec' | 'cancelRequest'>,
  exit: WorkerExit,
  deadlineAt: EpochMs,
  endRequest?: EndRequest,
): StopReason | undefined {
  if (endedWell(exit)) return undefined;
  const { cancelRequest } = job;
  const isOverdue = exit.exitedAt >= deadlineAt;
  // The first reason stands, as it does where one life sees it all.
  const cancelledAt = cancelRequest?.at ?? Number.POSITIVE_INFINITY;
  if (cancelRequest && cancelledAt <= exit.exitedAt && !(isOverdue && deadlineAt < cancelledAt)) {
    return { kind: 'cancelled', by: cancelRequest.by };
  }
  if (endRequest?.kind === 'destroy' && endRequest.at <= exit.exitedAt && !isOverdue)
    return { kind: 'destroyed', by: endRequest.by };
  return isOverdue ? { kind: 'timed_out', timeoutMs: job.spec.timeoutMs ?? 0 } : undefined;
}

const CAUSE_OF: Readonly<Partial<Record<ErrorCode, TerminationCause>>> = {
  image_not_found: 'image_not_found',
  image_pull_denied: 'image_pull_denied',
  image_pull_timeout: 'image_pull_timeout',
  image_pull_failed: 'image_pull_failed',
  command_not_found: 'command_not_found',
  limit_exceeded: 'limit_exceeded',
  never_launched: 'never_launched',
  worker_not_ready: 'never_launched',
  worker_not_found: 'worker_lost',
  provider_unavailable: 'provider_unavailable',
  provider_timeout: 'provider_unavailable',
};

/**
 * The outcome of an attempt that an error ended before its job was launched. Errors that name no cause of
 * their own are `start_failed`. `details.exitCode` is what a launcher would have exited with.
 */
export function outcomeOfError(error: HodeiError): Outcome {
  const told = error.details['exitCode'];
  const exitCode = typeof told === 'number' ? told : EXIT_CODE_OF[error.code];
  return {
    cause: CAUSE_OF[error.code] ?? 'start_failed',
    evidence: { code: error.code, message: error.message, ...(exitCode === undefined ? {} : { exitCode }) },
  };
}

/** Exit codes that a launcher gives instead of the job. */
const EXIT_CODE_OF: Readonly<Partial<Record<ErrorCode, number>>> = {
  command_not_found: 127,
  never_launched: NEVER_LAUNCHED_EXIT_CODE,
};
