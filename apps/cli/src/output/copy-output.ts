import type { LogRecord, OutputStream } from '@hodei/domain';

import type { Sink } from './sink.ts';

/** Where each stream of a job goes. */
export type OutputSinks = Readonly<Record<OutputStream, Sink>>;

/**
 * Writes a job's output, byte for byte and no faster than it is read.
 * @param onFirst runs before the first byte.
 * @returns the last byte that was written to each stream.
 * @throws ClosedOutputError where nobody reads it; whatever the output throws.
 */
export async function copyOutput(
  output: AsyncIterable<LogRecord>,
  sinks: OutputSinks,
  onFirst: () => Promise<void> = () => Promise.resolve(),
): Promise<Readonly<Partial<Record<OutputStream, number>>>> {
  const last: Partial<Record<OutputStream, number>> = {};
  let begun = false;
  for await (const { stream, bytes } of output) {
    if (bytes.length === 0) continue;
    if (!begun) await onFirst();
    begun = true;
    await sinks[stream].write(bytes);
    last[stream] = bytes[bytes.length - 1] ?? 0;
  }
  return last;
}
