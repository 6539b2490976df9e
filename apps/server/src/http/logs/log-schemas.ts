import { z } from 'zod';

import { gapFields, Id, Moment } from '../schema-parts.ts';

export const LogQuery = z.strictObject({
  follow: z.boolean().default(false).describe('go on until the job has ended, as server-sent events'),
  stream: z.enum(['stdout', 'stderr']).describe('absent: both').exactOptional(),
  since: z.iso.datetime({ offset: true }).describe('only what was written since then').exactOptional(),
  after: z
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .describe('go on after this id; the header Last-Event-ID does the same and comes first')
    .exactOptional(),
});

/** The data of an `output` event: bytes, or a gap in their place. */
export const OutputEvent = z
  .strictObject({
    seq: z.int().describe('a place to go on from'),
    attemptId: Id,
    stream: z.enum(['stdout', 'stderr']),
    offset: z.int().describe('bytes of this stream and attempt that come before, lost ones included'),
    at: Moment,
    base64: z.base64().describe('the bytes; absent where there is a gap').exactOptional(),
    gap: z.strictObject(gapFields).describe('bytes are missing here').exactOptional(),
  })
  .meta({ id: 'OutputEvent' });

export type OutputEvent = z.output<typeof OutputEvent>;
