import type { EpochMs } from '@hodei/domain';

import { invalidOption, shown } from './invalid-option.ts';
import { readDuration } from './parse-duration.ts';

/**
 * Reads a moment: a date and time as ISO 8601 has it, or how long ago it was.
 * @throws HodeiError `invalid_input`
 */
export function parseSince(option: string, text: string, now: EpochMs): EpochMs {
  return readMoment(option, text, (agoMs) => now - agoMs, 'how long ago, like 10m');
}

/**
 * Reads a moment to come: a date and time as ISO 8601 has it, or how long it is until then.
 * @throws HodeiError `invalid_input`
 */
export function parseNotBefore(option: string, text: string, now: EpochMs): EpochMs {
  return readMoment(option, text, (inMs) => now + inMs, 'in how long, like 10m');
}

function readMoment(option: string, text: string, from: (durationMs: number) => EpochMs, right: string): EpochMs {
  const durationMs = readDuration(text);
  if (durationMs !== undefined) return from(durationMs);
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw invalidOption(option, `${shown(text)} is no moment`, `${right}, or a time like 2026-01-31T12:00:00Z`);
}
