import type { JobDescription, PoolView, ProviderView, WorkerView } from '@hodei/application';
import type * as Json from '@hodei/client';
import {
  NO_OUTPUT,
  parseAttemptId,
  parseGapReason,
  parseJobId,
  parseJobState,
  parseProviderId,
  parseTerminationCause,
  parseWorkerId,
  parseWorkerState,
  type Attempt,
  type EpochMs,
  type Heartbeat,
  type Job,
  type LogRecord,
  type Outcome,
  type Pool,
  type Token,
  type Worker,
  type WorkerHandle,
  type WorkerHealth,
} from '@hodei/domain';

import { defined } from '../defined.ts';
import { isErrorCode } from './is-error-code.ts';

/** Nothing that the commands show: who owns a row, only the servers need to know. */
const UNKNOWN_OWNER = 0;
const NO_BYTES = new Uint8Array(0);

/** What a server says of a job, as the domain has it. @throws HodeiError `unknown_value` from a newer server. */
export function jobFromJson(json: Json.Job): Job {
  const { stdinBytes, notBefore, ...spec } = json.spec;
  const { cancelRequest, submittedBy } = json;
  const createdAt = moment(json.createdAt);
  const startedAt = optionalMoment(json.startedAt);
  const finishedAt = optionalMoment(json.finishedAt);
  return {
    id: parseJobId(json.id),
    state: parseJobState(json.state),
    createdAt,
    stateChangedAt: finishedAt ?? startedAt ?? createdAt,
    notBefore: optionalMoment(json.notBefore) ?? createdAt,
    ...defined({ startedAt, finishedAt, submittedBy, outcome: outcomeFromJson(json) }),
    ...defined({ cancelRequest: cancelRequest && { ...cancelRequest, at: moment(cancelRequest.at) } }),
    spec: {
      ...spec,
      // The bytes are not given back; only how many they are is ever shown.
      ...defined({ stdin: stdinBytes === undefined ? undefined : new Uint8Array(stdinBytes) }),
      ...defined({ notBefore: optionalMoment(notBefore) }),
    },
  };
}

/** See {@link jobFromJson}. */
export function descriptionFromJson(json: Json.JobDescription): JobDescription {
  const job = jobFromJson(json);
  const { waitingFor, waiting } = json;
  return {
    job,
    attempts: json.attempts.map((attempt) => attemptFromJson(job, attempt)),
    gaps: json.attempts.flatMap(gapsFromJson),
    ...defined({
      waitingFor,
      waiting: waiting && {
        ...waiting,
        words: waitingFor ?? waiting.reason,
        // Shown as it is, also where a newer server has a reason that is none here: nothing is decided by it.
        reason: waiting.reason as NonNullable<JobDescription['waiting']>['reason'],
      },
    }),
  };
}

function attemptFromJson(job: Job, json: Json.Attempt): Attempt {
  return {
    id: parseAttemptId(json.id),
    jobId: job.id,
    workerId: parseWorkerId(json.workerId),
    providerId: parseProviderId(json.providerId),
    number: json.number,
    epoch: UNKNOWN_OWNER,
    nonce: '',
    phases: Object.fromEntries(Object.entries(json.phases).map(([phase, at]) => [phase, moment(at)])),
    acknowledged: { ...NO_OUTPUT, ...json.outputBytes },
    warnings: json.warnings,
    ...defined({ outcome: outcomeFromJson(json) }),
  };
}

const gapsFromJson = (attempt: Json.Attempt): readonly LogRecord[] =>
  attempt.outputGaps.map(({ stream, offset, reason, lostBytes }) => ({
    attemptId: parseAttemptId(attempt.id),
    stream,
    offset,
    seq: 0,
    at: 0,
    bytes: NO_BYTES,
    gap: { reason: parseGapReason(reason), ...defined({ lostBytes }) },
  }));

/** A record of a job's output. */
export const recordFromJson = ({ id, attemptId, at, gap, ...rest }: Json.OutputRecord): LogRecord => ({
  seq: Number(id),
  attemptId: parseAttemptId(attemptId),
  at: moment(at),
  stream: rest.stream,
  offset: rest.offset,
  bytes: rest.bytes,
  ...defined({ gap: gap && { reason: parseGapReason(gap.reason), ...defined({ lostBytes: gap.lostBytes }) } }),
});

/** See {@link jobFromJson}. */
export function workerFromJson(json: Json.Worker): WorkerView {
  const { resourceId, warnings = [], heartbeatAt, progress, endRequest, jobId, pool } = json;
  const id = parseWorkerId(json.id);
  const providerId = parseProviderId(json.providerId);
  const createdAt = moment(json.createdAt);
  const handle: WorkerHandle | undefined =
    resourceId === undefined
      ? undefined
      : {
          version: 1,
          workerId: id,
          providerId,
          providerType: '',
          resourceId,
          createdAt,
          defaultCommand: [],
          warnings,
          providerState: {},
        };
  const worker: Worker = {
    id,
    providerId,
    state: parseWorkerState(json.state),
    epoch: UNKNOWN_OWNER,
    image: json.image,
    resources: json.resources,
    jobsRun: json.jobsRun,
    createdAt,
    stateChangedAt: moment(json.stateChangedAt),
    expiresAt: moment(json.expiresAt),
    ...defined({ pool, handle, lastSeenAt: optionalMoment(json.lastSeenAt), termination: outcomeFromJson(json) }),
    ...defined({
      jobId: jobId === undefined ? undefined : parseJobId(jobId),
      heartbeat: heartbeatAt === undefined ? undefined : heartbeatFromJson(moment(heartbeatAt), progress),
      endRequest: endRequest && { ...endRequest, at: moment(endRequest.at) },
    }),
  };
  return { worker, health: healthFromJson(json.health) };
}

/** When the worker sent it is not told. */
const heartbeatFromJson = (at: EpochMs, progress: string | undefined): Heartbeat => ({
  at,
  reportedAt: at,
  epoch: UNKNOWN_OWNER,
  ...defined({ progress }),
});

function healthFromJson(json: Json.Worker['health']): WorkerHealth {
  if (json === undefined) return { status: 'unknown', reason: 'it is gone' };
  return 'since' in json ? { ...json, since: moment(json.since) } : json;
}

/** See {@link jobFromJson}. */
export function providerFromJson(json: Json.Provider): ProviderView {
  const { id, name, type, mode, version, priority, maxWorkers, labels, settings, overcommit, capacity } = json;
  return {
    config: {
      id: parseProviderId(id),
      name,
      type,
      mode,
      version,
      priority,
      maxWorkers,
      labels,
      settings,
      ...defined({ overcommit, capacity }),
      createdAt: moment(json.createdAt),
      updatedAt: moment(json.updatedAt),
    },
    status: json.status,
    health: { ...json.health, checkedAt: moment(json.health.checkedAt) },
    breaker: json.breaker,
    liveWorkers: json.liveWorkers,
    ...defined({ capabilities: json.capabilities }),
  };
}

/** See {@link jobFromJson}. */
export const poolFromJson = ({ createdAt, updatedAt, ...pool }: Json.Pool): Pool => ({
  ...pool,
  createdAt: moment(createdAt),
  updatedAt: moment(updatedAt),
});

/** See {@link jobFromJson}. */
export const poolViewFromJson = ({ idle, busy, other, ...pool }: Json.PoolView): PoolView => ({
  pool: poolFromJson(pool),
  idle,
  busy,
  other,
});

/** See {@link jobFromJson}. */
export function tokenFromJson({ createdAt, expiresAt, revokedAt, ...token }: Json.Token): Token {
  return {
    ...token,
    createdAt: moment(createdAt),
    ...defined({ expiresAt: optionalMoment(expiresAt), revokedAt: optionalMoment(revokedAt) }),
  };
}

function outcomeFromJson({ cause, evidence = {} }: Json.Ended): Outcome | undefined {
  if (cause === undefined) return undefined;
  const { code, ...known } = evidence;
  return {
    cause: parseTerminationCause(cause),
    evidence: { ...known, ...(code === undefined ? {} : { code: isErrorCode(code) ? code : 'unknown_value' }) },
  };
}

const moment = (text: Json.Moment): EpochMs => Date.parse(text);

const optionalMoment = (text: Json.Moment | undefined): EpochMs | undefined =>
  text === undefined ? undefined : moment(text);
