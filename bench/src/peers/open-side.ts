import type { Diagnostics } from '@hodei/application';

import { openGraphile } from './graphile-side.ts';
import { openOwn } from './own-side.ts';
import { openPgBoss } from './pg-boss-side.ts';
import type { QueueSide, Role } from './queue-side.ts';

export const SIDES = ['ours', 'pgBoss', 'graphile'] as const;
export type SideName = (typeof SIDES)[number];
export const SIDE_WORDS: Readonly<Record<SideName, string>> = {
  ours: 'ours',
  pgBoss: 'pg-boss',
  graphile: 'graphile-worker',
};

export function openSide(
  name: SideName,
  connectionString: string,
  diagnostics: Diagnostics,
  role: Role = 'both',
): Promise<QueueSide> {
  switch (name) {
    case 'ours':
      return openOwn(connectionString, diagnostics, role);
    case 'pgBoss':
      return openPgBoss(connectionString, role);
    case 'graphile':
      return openGraphile(connectionString, role);
  }
}
