import { ERROR_CODES, GAP_REASONS, TERMINATION_CAUSES, type ErrorCode, type TerminationCause } from '@hodei/domain';
import { z } from 'zod';

/** A table's keys, as the type of its values. */
const keysOf = <Key extends string>(table: Readonly<Record<Key, unknown>>): [Key, ...Key[]] =>
  Object.keys(table) as [Key, ...Key[]];

export const Id = z.uuid().meta({ example: '01890a5d-ac96-774b-bcce-b302099a8057' });

export const Moment = z.iso.datetime().describe('ISO 8601, UTC');

export const Labels = z.record(z.string(), z.string());

export const Code = z.enum(keysOf<ErrorCode>(ERROR_CODES));

export const Resources = z
  .strictObject({
    cpu: z.number().positive().max(4096).describe('CPU cores; 0.5 is half of one').exactOptional(),
    memoryBytes: z.int().min(1).exactOptional(),
    pids: z.int().min(1).describe('processes and threads at once').exactOptional(),
    diskBytes: z.int().min(1).exactOptional(),
    gpu: z.int().min(0).exactOptional(),
  })
  .describe('hard limits; an absent one takes the default of the provider')
  .meta({ id: 'Resources' });

/** Why something ended, and what is known about it: fields of whatever ended. */
export const outcomeFields = {
  cause: z.enum(keysOf<TerminationCause>(TERMINATION_CAUSES)).exactOptional(),
  evidence: z
    .strictObject({
      exitCode: z.int().exactOptional(),
      signal: z.string().exactOptional(),
      oomKilled: z.boolean().exactOptional(),
      code: Code.exactOptional(),
      message: z.string().exactOptional(),
      by: z.string().exactOptional(),
    })
    .describe('what is known about an end; what is not known is absent')
    .exactOptional(),
};

/** Bytes of the output that are missing. */
export const gapFields = {
  reason: z.enum(GAP_REASONS),
  lostBytes: z.int().describe('absent where nobody knows how many, and it may be none').exactOptional(),
};

/** What a listing takes. */
export const pageQuery = {
  limit: z.int().min(1).max(1000).default(50),
  cursor: z.string().max(80).describe('nextCursor of the page before').exactOptional(),
};

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({
    items: z.array(item),
    nextCursor: z.string().describe('absent on the last page').exactOptional(),
  });

/** The page as JSON. */
export const pageToJson = <Row, Json>(
  page: { readonly items: readonly Row[]; readonly nextCursor?: string },
  toJson: (row: Row) => Json,
): { items: Json[]; nextCursor?: string } => ({
  items: page.items.map(toJson),
  ...(page.nextCursor === undefined ? {} : { nextCursor: page.nextCursor }),
});
