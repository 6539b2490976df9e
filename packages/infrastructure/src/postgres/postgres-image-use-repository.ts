import { sql } from 'kysely';
import type { ImageUse, ImageUseRepository, ProviderId } from '@hodei/domain';
import type { Database } from './connection/database.ts';

/** The use of images, from the rows of jobs, pools and workers. */
export class PostgresImageUseRepository implements ImageUseRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** One statement, and so one moment. */
  async find(providerId: ProviderId): Promise<ImageUse> {
    const { rows } = await this.#database.run((db) =>
      sql<{ readonly image: string; readonly needed: boolean; readonly used_at: number | null }>`
        SELECT image, bool_or(needed) AS needed, extract(epoch FROM max(used_at))::float8 * 1000 AS used_at FROM (
          SELECT DISTINCT spec->>'image' AS image, true AS needed, NULL::timestamptz AS used_at FROM jobs
          WHERE finished_at IS NULL
          UNION ALL SELECT template->>'image', true, NULL FROM pools
          UNION ALL SELECT image, false, max(state_changed_at) FROM workers WHERE provider_id = ${providerId} GROUP BY image
        ) AS uses GROUP BY image
      `.execute(db),
    );
    return {
      needed: new Set(rows.flatMap(({ image, needed }) => (needed ? [image] : []))),
      lastUsed: new Map(
        rows.flatMap(({ image, used_at: at }) => (at === null ? [] : [[image, Math.round(at)] as const])),
      ),
    };
  }
}
