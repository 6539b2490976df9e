import type { Migration } from './migration.ts';

/** What tells that instances of one installation do not mean the same: an engine by a name, secrets by a key. */
export const oneEngineOneKey: Migration = {
  version: 27,
  name: 'one engine, one key',
  statements: [
    // By provider, what its engine calls itself; of instances of the version before nothing is known.
    `ALTER TABLE instances ADD COLUMN engines jsonb NOT NULL DEFAULT '{}'`,
    `ALTER TABLE installation ADD COLUMN sealing_check text`,
  ],
};
