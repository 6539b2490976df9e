import type { Migration } from './migration.ts';

/** What clean-up looks for beside jobs: the few rows that belong to none. */
export const retention: Migration = {
  version: 12,
  name: 'retention',
  statements: [
    `CREATE INDEX workers_over ON workers (state_changed_at) WHERE state = 'terminated' AND job_id IS NULL`,
    `CREATE INDEX history_of_no_job ON history (at) WHERE job_id IS NULL`,
  ],
};
