import type { OutputStream } from '@hodei/domain';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { createLogCursor } from '../../../src/docker/output/log-cursor.ts';
import type { LogMessage } from '../../../src/docker/output/log-message.ts';
import { LogSamples } from '../../../src/docker/output/log-samples.ts';

const newCursor = () =>
  createLogCursor({ handle: { providerState: { mode: 'direct' } }, from: { stdout: 0, stderr: 0 } });

const anyLog = fc.array(
  fc.record({
    stream: fc.constantFrom<OutputStream[]>('stdout', 'stderr'),
    length: fc.integer({ min: 1, max: 20_000 }),
  }),
  { minLength: 4, maxLength: 60 },
);

const messagesOf = (log: readonly { readonly stream: OutputStream; readonly length: number }[]): LogMessage[] =>
  log.map(({ stream, length }, at) => ({
    stream,
    at,
    stamp: String(at).padStart(9, '0'),
    bytes: Buffer.alloc(length),
  }));

async function* batches(messages: readonly LogMessage[], size: number): AsyncGenerator<readonly LogMessage[]> {
  for (let at = 0; at < messages.length; at += size) yield messages.slice(at, at + size);
}

const bytesOf = (messages: readonly LogMessage[], stream: OutputStream): number =>
  messages.filter((each) => each.stream === stream).reduce((sum, { bytes }) => sum + bytes.length, 0);

test('what was stepped over is counted to the byte, and nothing else is', async () => {
  await fc.assert(
    fc.asyncProperty(anyLog, fc.nat(), fc.nat(), fc.integer({ min: 1, max: 9 }), async (log, from, many, size) => {
      const all = messagesOf(log);
      // The first messages of both streams are read: what comes before the first is the matter of others.
      const begin = 2 + (from % (all.length - 2));
      const skipped = all.slice(begin, begin + (many % 20));
      const read = all.filter((message) => !skipped.includes(message));
      const cursor = newCursor();
      const samples = new LogSamples();
      for await (const messages of batches(read, size)) {
        samples.note(messages, cursor);
        cursor.push(messages);
      }
      const missing = await samples.missing(batches(all, 7), newCursor(), cursor.offsets);
      for (const stream of ['stdout', 'stderr'] as const) {
        const firstRead = all.indexOf(
          read.find((each) => each.stream === stream) ?? (all[all.length - 1] as LogMessage),
        );
        expect(missing[stream]).toBe(
          bytesOf(
            skipped.filter((each) => all.indexOf(each) > firstRead),
            stream,
          ),
        );
      }
    }),
  );
});

test('a log that has lost its beginning meanwhile is no reason to miss anything', async () => {
  await fc.assert(
    fc.asyncProperty(anyLog, fc.nat(), async (log, lost) => {
      const all = messagesOf(log);
      const cursor = newCursor();
      const samples = new LogSamples();
      for await (const messages of batches(all, 3)) {
        samples.note(messages, cursor);
        cursor.push(messages);
      }
      const left = all.slice(lost % all.length);
      expect(await samples.missing(batches(left, 5), newCursor(), cursor.offsets)).toEqual({ stdout: 0, stderr: 0 });
    }),
  );
});
