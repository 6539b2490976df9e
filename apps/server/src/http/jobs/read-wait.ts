import { HodeiError } from '@hodei/domain';

/** No request waits longer, in milliseconds. */
export const MAX_WAIT_MS = 300_000;

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/** `30s` in milliseconds. @throws HodeiError `invalid_input` */
export function readWait(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,6})(ms|s|m)$/.exec(text) ?? [];
  const durationMs = Number(digits) * (UNITS[unit] ?? Number.NaN);
  if (durationMs <= MAX_WAIT_MS) return durationMs;
  throw new HodeiError(
    'invalid_input',
    `wait "${text.slice(0, 20)}" must be a time like 500ms, 30s or 5m, at most 5m`,
    {
      details: { field: 'wait' },
    },
  );
}
