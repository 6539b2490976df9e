import { sql, type RawBuilder } from 'kysely';
import { dueAtOf, waitUntilOf, type NewJob } from '@hodei/domain';
import { fromSpec } from '../rows/job-row.ts';
import { timestamp } from '../rows/values.ts';
import { isUnrestricted } from './placement.ts';

/** The columns that {@link newJobValues} fills. */
export const NEW_JOB_COLUMNS = sql.raw(
  'id, state, epoch, priority, name, labels, spec, stdin, sealed_secrets, created_at, state_changed_at, not_before, queue, tenant, concurrency_key, wait_until, deferred, held, submitted_by, request_hash',
);

/** The values of a new job, in the order of {@link NEW_JOB_COLUMNS}. */
export function newJobValues(wanted: NewJob): RawBuilder<unknown> {
  const { id, spec, claimFor, sealedSecrets } = wanted;
  const { json, stdin } = fromSpec(spec);
  const at = sql`${timestamp(wanted.at)}::timestamptz`;
  const dueAt = dueAtOf(spec, wanted.at);
  const deferred = dueAt > wanted.at;
  const waitUntil = waitUntilOf(spec, wanted.at);
  const owner = sql`${claimFor ?? null}::bigint`;
  const starts = claimFor === undefined || deferred ? sql`false` : isUnrestricted(spec);
  return sql`${id}::uuid, CASE WHEN ${starts} THEN 'scheduled' ELSE 'pending' END, CASE WHEN ${starts} THEN ${owner} END,
    ${spec.priority}::integer, ${spec.name ?? null}::text, ${JSON.stringify(spec.labels)}::jsonb, ${json}::jsonb, ${stdin}::bytea,
    ${sealedSecrets ?? null}::bytea, ${at}, ${at}, ${timestamp(dueAt)}::timestamptz, ${spec.queue}::text, ${spec.tenant ?? ''}::text,
    ${spec.concurrencyKey ?? null}::text, ${waitUntil === undefined ? null : timestamp(waitUntil)}::timestamptz, ${deferred}::boolean,
    ${isHeld(spec.concurrencyKey)}, ${wanted.by ?? null}::text, ${wanted.requestHash ?? null}::text`;
}

/** Whether a limit counts the key. The limit's row is held meanwhile, so that it is not deleted unseen. */
const isHeld = (key: string | undefined): RawBuilder<boolean> =>
  key === undefined
    ? sql`false`
    : sql`(SELECT count(*) > 0 FROM (SELECT FROM key_limits WHERE key = ${key} FOR KEY SHARE) AS limited)`;

/** What the history tells of a submission. */
export const submissionFacts = ({ by }: Pick<NewJob, 'by'>): string => JSON.stringify(by === undefined ? {} : { by });
