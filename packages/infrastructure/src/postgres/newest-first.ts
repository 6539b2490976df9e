import { sql, type RawBuilder, type SqlBool } from 'kysely';
import type { PageStart } from '@hodei/domain';
import { timestamp } from './rows/values.ts';

/** The rows of a listing, newest first, that come after a place in it. */
export const after = ({ createdAt, id }: PageStart): RawBuilder<SqlBool> =>
  sql<SqlBool>`(created_at, id) < (${timestamp(createdAt)}::timestamptz, ${id}::uuid)`;
