import type { LogRecord } from '@hodei/domain';

import { formatMoment } from './format-time.ts';

/** A record of a job's output as JSON: bytes in base64, or a gap in their place. */
export const recordToJson = ({ seq, attemptId, stream, offset, at, bytes, gap }: LogRecord) => ({
  seq,
  attemptId,
  stream,
  offset,
  at: formatMoment(at),
  ...(gap === undefined ? { base64: Buffer.from(bytes).toString('base64') } : { gap }),
});
