import { invalidOption, shown } from './invalid-option.ts';

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const WHOLE = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/** Milliseconds of a text like `1h30m` or `500ms`; `undefined` where it is none. */
export function readDuration(text: string): number | undefined {
  if (!WHOLE.test(text)) return undefined;
  let totalMs = 0;
  for (const [, number, unit] of text.matchAll(PART)) totalMs += Number(number) * (UNITS_MS[unit ?? ''] ?? Number.NaN);
  return Math.round(totalMs);
}

/**
 * Reads a duration of more than nothing.
 * @returns milliseconds.
 * @throws HodeiError `invalid_input`
 */
export function parseDuration(option: string, text: string): number {
  const totalMs = readDuration(text);
  if (totalMs !== undefined && totalMs > 0 && Number.isSafeInteger(totalMs)) return totalMs;
  const wrong = /^\d+(\.\d+)?$/.test(text) ? `${shown(text)} has no unit` : `${shown(text)} is no duration`;
  throw invalidOption(option, wrong, 'one with units, like 500ms, 30s, 10m or 1h30m');
}
