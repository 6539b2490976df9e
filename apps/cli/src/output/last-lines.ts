import type { LogRecord } from '@hodei/domain';

const NEWLINE = 0x0a;

/**
 * The end of some output: its last `lines` lines, those of both streams counted together. A last line that is not
 * finished counts as one. Keeps no more in memory than it gives back, and one record.
 */
export async function lastLines(output: AsyncIterable<LogRecord>, lines: number): Promise<readonly LogRecord[]> {
  let kept: { readonly record: LogRecord; readonly newlines: number }[] = [];
  let newlines = 0;
  for await (const record of output) {
    const entry = { record, newlines: count(record.bytes) };
    kept.push(entry);
    newlines += entry.newlines;
    // One newline more than lines: the one that ends the line before the first.
    let drop = 0;
    while (drop < kept.length - 1 && newlines - (kept[drop]?.newlines ?? 0) > lines) {
      newlines -= kept[drop]?.newlines ?? 0;
      drop += 1;
    }
    if (drop > 0) kept = kept.slice(drop);
  }
  return cut(
    kept.map(({ record }) => record),
    lines,
  );
}

function cut(records: readonly LogRecord[], lines: number): readonly LogRecord[] {
  const result: LogRecord[] = [];
  let wanted = lines;
  let isEnd = true;
  for (const record of records.toReversed()) {
    if (wanted === 0) break;
    const { bytes, gap } = record;
    if (gap !== undefined) result.push(record);
    let from = bytes.length;
    while (from > 0) {
      // A newline ends a line: the one before it is missing unless it is the very last byte.
      const endsLine = bytes[from - 1] === NEWLINE;
      if (endsLine && !isEnd) wanted -= 1;
      if (wanted === 0) break;
      isEnd = false;
      from -= 1;
    }
    if (from < bytes.length) result.push({ ...record, offset: record.offset + from, bytes: bytes.subarray(from) });
  }
  return result.toReversed();
}

function count(bytes: Uint8Array): number {
  let newlines = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) newlines += 1;
  return newlines;
}
