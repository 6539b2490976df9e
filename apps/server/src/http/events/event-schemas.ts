import { z } from 'zod';

import { Id, Moment } from '../schema-parts.ts';

export const EventQuery = z.strictObject({
  after: z
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .describe('begin after this id (0: from the beginning); absent: from now on. The header Last-Event-ID comes first')
    .exactOptional(),
  jobId: Id.exactOptional(),
  workerId: Id.exactOptional(),
  providerId: Id.exactOptional(),
});

/** The data of a `history` event. */
export const HistoryEventJson = z.strictObject({
  seq: z.int(),
  at: Moment,
  kind: z.string(),
  jobId: Id.exactOptional(),
  workerId: Id.exactOptional(),
  providerId: Id.exactOptional(),
  data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});

export type HistoryEventJson = z.output<typeof HistoryEventJson>;
