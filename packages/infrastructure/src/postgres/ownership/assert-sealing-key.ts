import { wrongSealingKey } from '@hodei/domain';
import { sql, type Kysely } from 'kysely';

import type { Schema } from '../schema.ts';

/**
 * Takes the sealing key for the installation's where it is the first one, or nobody needs the one before any more.
 * @throws HodeiError `config_invalid`
 */
export async function assertSealingKey(db: Kysely<Schema>, check: string): Promise<void> {
  const read = async (): Promise<string | null | undefined> =>
    (await db.selectFrom('installation').select('sealing_check').executeTakeFirst())?.sealing_check;
  if ((await read()) === check) return;
  // One after the other: of two that come first at once, one sees the other's.
  await sql`SELECT FROM installation FOR UPDATE`.execute(db);
  await sql`
    UPDATE installation SET sealing_check = ${check}
    WHERE sealing_check IS NULL
       OR NOT EXISTS (SELECT FROM instances WHERE lease_expires_at > clock_timestamp())
      AND NOT EXISTS (SELECT FROM jobs WHERE state IN ('pending', 'scheduled', 'running') AND sealed_secrets IS NOT NULL)
  `.execute(db);
  if ((await read()) !== check) throw wrongSealingKey();
}
