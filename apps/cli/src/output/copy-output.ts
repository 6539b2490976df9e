import type { LogRecord, OutputGap, OutputStream } from '@hodei/domain';

import type { Sink } from './sink.ts';

/** Where each stream of a job goes. */
export type OutputSinks = Readonly<Record<OutputStream, Sink>>;

/** The last byte that was written to each stream; absent where none was. Who writes beside says so in it. */
export type LastBytes = Partial<Record<OutputStream, number>>;

/** A record of a gap. */
export type GapRecord = LogRecord & { readonly gap: OutputGap };

/**
 * Writes a job's output, byte for byte and no faster than it is read. Of a gap nothing is written.
 * @param options.onFirst runs before the first byte.
 * @param options.onGap is told of each gap, in its place.
 * @returns the last byte that was written to each stream.
 * @throws ClosedOutputError where nobody reads it; whatever the output throws.
 */
export async function copyOutput(
  output: AsyncIterable<LogRecord>,
  sinks: OutputSinks,
  options: {
    readonly onFirst?: () => Promise<void>;
    readonly onGap?: (record: GapRecord, last: LastBytes) => Promise<void>;
  } = {},
): Promise<Readonly<LastBytes>> {
  const last: LastBytes = {};
  let begun = false;
  for await (const record of output) {
    const { stream, bytes, gap } = record;
    if (gap !== undefined) await options.onGap?.({ ...record, gap }, last);
    if (bytes.length === 0) continue;
    if (!begun) await options.onFirst?.();
    begun = true;
    await sinks[stream].write(bytes);
    last[stream] = bytes[bytes.length - 1] ?? 0;
  }
  return last;
}
