import { WORKER_STATES, type WorkerState } from '@hodei/domain';
import { z } from 'zod';

import { Id, Moment, outcomeFields, pageOf, pageQuery, Resources } from '../schema-parts.ts';

const WorkerStateName = z.enum(WORKER_STATES as [WorkerState, ...WorkerState[]]);

const WorkerHealthJson = z
  .discriminatedUnion('status', [
    z.strictObject({ status: z.literal('healthy') }),
    z.strictObject({ status: z.literal('unhealthy'), reasons: z.array(z.string()) }),
    z.strictObject({ status: z.literal('unreachable'), since: Moment }),
    z.strictObject({ status: z.literal('lost'), since: Moment }),
    z.strictObject({ status: z.literal('unknown'), reason: z.string() }),
  ])
  .describe('how it is now, as far as its engine and itself tell');

export type WorkerHealthJson = z.output<typeof WorkerHealthJson>;

export const WorkerJson = z
  .strictObject({
    id: Id,
    providerId: Id,
    state: WorkerStateName,
    health: WorkerHealthJson.exactOptional(),
    image: z.string(),
    resources: Resources,
    jobId: Id.exactOptional(),
    pool: z.string().describe('the pool it was made for').exactOptional(),
    jobsRun: z.int().describe('how many jobs it took from its pool'),
    resourceId: z.string().describe('what its engine calls it').exactOptional(),
    warnings: z.array(z.string()).exactOptional(),
    createdAt: Moment,
    stateChangedAt: Moment,
    expiresAt: Moment,
    lastSeenAt: Moment.describe('when its engine last listed it').exactOptional(),
    heartbeatAt: Moment.describe('when it last reported by itself').exactOptional(),
    progress: z.string().describe('what it last said of itself').exactOptional(),
    endRequest: z
      .strictObject({ kind: z.enum(['drain', 'destroy']), at: Moment, by: z.string() })
      .describe('someone asked for its end')
      .exactOptional(),
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
