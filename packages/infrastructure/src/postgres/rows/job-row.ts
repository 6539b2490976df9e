import type { Selectable } from 'kysely';
import { DEFAULT_QUEUE, parseJobId, parseJobState, type Job, type JobRefusal, type JobSpec } from '@hodei/domain';
import type { Schema } from '../schema.ts';
import { optional, plainBytes, toOutcome } from './values.ts';

/** A job as the database gives it. */
export type JobRow = Omit<
  Selectable<Schema['jobs']>,
  | 'sealed_secrets'
  | 'labels'
  | 'name'
  | 'priority'
  | 'queue'
  | 'tenant'
  | 'concurrency_key'
  | 'wait_until'
  | 'deferred'
  | 'held'
  | 'turn'
  | 'end_state'
  | 'request_hash'
>;

/** The columns that a {@link JobRow} needs; the secrets stay where they are. */
export const JOB_COLUMNS = [
  ...(['id', 'state', 'epoch', 'attempt_id', 'spec', 'stdin', 'created_at', 'state_changed_at', 'not_before'] as const),
  'submitted_by',
  ...([
    'started_at',
    'finished_at',
    'cancel_requested_at',
    'cancel_requested_by',
    'cancel_forced',
    'refusal',
    'outcome',
  ] as const),
] as const satisfies readonly (keyof JobRow)[];

/** @throws HodeiError `unknown_value` for a state that this version does not know. */
export function toJob(row: JobRow): Job {
  const { cancel_requested_at: at, cancel_requested_by: by, cancel_forced: force } = row;
  return {
    id: parseJobId(row.id),
    spec: toSpec(row.spec, row.stdin),
    state: parseJobState(row.state),
    createdAt: row.created_at,
    stateChangedAt: row.state_changed_at,
    notBefore: row.not_before,
    ...optional('epoch', row.epoch),
    ...optional('submittedBy', row.submitted_by),
    ...optional('startedAt', row.started_at),
    ...optional('finishedAt', row.finished_at),
    ...(at === null || by === null ? {} : { cancelRequest: { at, by, ...(force ? { force } : {}) } }),
    ...(row.refusal === null || row.state !== 'pending' ? {} : { refusal: row.refusal as JobRefusal }),
    ...(row.outcome === null ? {} : { outcome: toOutcome(row.outcome) }),
  };
}

/** A spec as its two columns: stdin may be any bytes, and JSON holds none. */
export function fromSpec(spec: JobSpec): { readonly json: string; readonly stdin: Uint8Array | null } {
  const { stdin, ...rest } = spec;
  return { json: JSON.stringify(rest), stdin: stdin ?? null };
}

/** The spec of its two columns. */
export function toSpec(json: unknown, stdin: Uint8Array | null): JobSpec {
  // What was stored before there were queues names none.
  const stored = json as Omit<JobSpec, 'queue'> & Partial<Pick<JobSpec, 'queue'>>;
  const spec: JobSpec = { ...stored, queue: stored.queue ?? DEFAULT_QUEUE };
  return stdin === null ? spec : { ...spec, stdin: plainBytes(stdin) };
}
