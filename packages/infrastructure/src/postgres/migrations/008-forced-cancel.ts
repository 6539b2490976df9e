import type { Migration } from './migration.ts';

/** A cancellation may leave no grace period. */
export const forcedCancel: Migration = {
  version: 8,
  name: 'forced-cancel',
  statements: [`ALTER TABLE jobs ADD COLUMN cancel_forced boolean NOT NULL DEFAULT false`],
};
