import { sql, type RawBuilder } from 'kysely';
import type { NewJob } from '@hodei/domain';
import { fromSpec } from '../rows/job-row.ts';
import { timestamp } from '../rows/values.ts';

/** The columns that {@link newJobValues} fills. */
export const NEW_JOB_COLUMNS = sql.raw(
  'id, state, epoch, priority, name, labels, spec, stdin, sealed_secrets, created_at, state_changed_at, not_before',
);

/** The values of a new job, in the order of {@link NEW_JOB_COLUMNS}, for `VALUES` and `SELECT` alike. */
export function newJobValues({ id, spec, at: moment, claimFor, sealedSecrets }: NewJob): RawBuilder<unknown> {
  const { json, stdin } = fromSpec(spec);
  const at = sql`${timestamp(moment)}::timestamptz`;
  const state = claimFor === undefined ? 'pending' : 'scheduled';
  return sql`${id}::uuid, ${state}::text, ${claimFor ?? null}::bigint, ${spec.priority}::integer, ${spec.name ?? null}::text,
    ${JSON.stringify(spec.labels)}::jsonb, ${json}::jsonb, ${stdin}::bytea, ${sealedSecrets ?? null}::bytea, ${at}, ${at}, ${at}`;
}
