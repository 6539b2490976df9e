import type { LogRecord } from '@hodei/domain';

import { formatMoment } from '../format-moment.ts';
import type { Frozen } from '../frozen.ts';
import type { OutputEvent } from './log-schemas.ts';

/** A record of a job's output as JSON: bytes in base64, or a gap in their place. */
export const recordToJson = ({ seq, attemptId, stream, offset, at, bytes, gap }: LogRecord): Frozen<OutputEvent> => ({
  seq,
  attemptId,
  stream,
  offset,
  at: formatMoment(at),
  ...(gap === undefined
    ? { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64') }
    : { gap }),
});
