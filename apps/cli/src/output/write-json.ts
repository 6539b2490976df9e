import type { Sink } from './sink.ts';

/** One JSON document, for people and programs. */
export const writeJson = (sink: Sink, value: unknown): Promise<void> =>
  sink.write(`${JSON.stringify(value, null, 2)}\n`);

/** One JSON document on a line, one of many. */
export const writeJsonLine = (sink: Sink, value: unknown): Promise<void> => sink.write(`${JSON.stringify(value)}\n`);

export const writeLines = (sink: Sink, lines: readonly string[]): Promise<void> =>
  sink.write(lines.map((line) => `${line}\n`).join(''));
