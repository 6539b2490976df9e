import { initial } from './001-initial.ts';
import { outputGaps } from './002-output-gaps.ts';
import { workerRegistry } from './003-worker-registry.ts';
import { pools } from './004-pools.ts';
import { admission } from './005-admission.ts';
import { access } from './006-access.ts';
import { forcedCancel } from './008-forced-cancel.ts';
import { retention } from './012-retention.ts';
import { roomByStatement } from './018-room-by-statement.ts';
import { roomSetAside } from './020-room-set-aside.ts';
import { versionsInPlace } from './022-versions-in-place.ts';
import { amountsInColumns } from './025-amounts-in-columns.ts';
import { oneEngineOneKey } from './027-one-engine-one-key.ts';
import type { Migration } from './migration.ts';

/** All steps, in their order. */
export const MIGRATIONS: readonly Migration[] = [
  initial,
  outputGaps,
  workerRegistry,
  pools,
  admission,
  access,
  forcedCancel,
  retention,
  roomByStatement,
  roomSetAside,
  versionsInPlace,
  amountsInColumns,
  oneEngineOneKey,
];
