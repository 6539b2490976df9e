import {
  gapChunk,
  type GapReason,
  type JobId,
  type LogRecord,
  type LogRepository,
  type OutputChunk,
  type OutputStream,
} from '@hodei/domain';

const encoder = new TextEncoder();

export const text = (words: string): Uint8Array => encoder.encode(words);

export const chunk = (stream: OutputStream, offset: number, words: string, at = 1_700_000_000_000): OutputChunk => ({
  stream,
  offset,
  bytes: text(words),
  at,
});

export const gap = (stream: OutputStream, offset: number, reason: GapReason, lostBytes?: number): OutputChunk =>
  gapChunk({ stream, offset, at: 1_700_000_000_000 }, reason, lostBytes);

/** All output of a job, by as many reads as it takes. */
export async function readAll(
  logs: LogRepository,
  jobId: JobId,
  query: { readonly maxBytes?: number; readonly stream?: OutputStream; readonly since?: number } = {},
): Promise<readonly LogRecord[]> {
  const all: LogRecord[] = [];
  for (;;) {
    const page = await logs.read({ jobId, afterSeq: all.at(-1)?.seq ?? 0, maxBytes: 1_000_000, ...query });
    if (page.length === 0) return all;
    all.push(...page);
  }
}
