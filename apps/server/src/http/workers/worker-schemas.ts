import { WORKER_STATES, type WorkerState } from '@hodei/domain';
import { z } from 'zod';

import { Id, Moment, outcomeFields, pageOf, pageQuery, Resources } from '../schema-parts.ts';

const WorkerStateName = z.enum(WORKER_STATES as [WorkerState, ...WorkerState[]]);

export const WorkerJson = z
  .strictObject({
    id: Id,
    providerId: Id,
    state: WorkerStateName,
    image: z.string(),
    resources: Resources,
    jobId: Id.exactOptional(),
    resourceId: z.string().describe('what its engine calls it').exactOptional(),
    warnings: z.array(z.string()).exactOptional(),
    createdAt: Moment,
    stateChangedAt: Moment,
    expiresAt: Moment,
    ...outcomeFields,
  })
  .meta({ id: 'Worker' });

export const WorkerPage = pageOf(WorkerJson).meta({ id: 'WorkerPage' });

export const WorkerListQuery = z.strictObject({
  ...pageQuery,
  state: z.array(WorkerStateName).describe('any of these').exactOptional(),
  providerId: Id.exactOptional(),
});

export const WorkerParams = z.strictObject({ id: z.string().max(64) });

export type WorkerJson = z.output<typeof WorkerJson>;
