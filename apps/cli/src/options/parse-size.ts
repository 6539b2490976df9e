import { invalidOption, shown } from './invalid-option.ts';

const SIZE = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i;

const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/**
 * Reads an amount of memory as `docker run --memory` does: every unit is a power of 1024, in either case, with or
 * without `b` or `iB`; a bare number is bytes.
 * @returns bytes, rounded to whole ones.
 * @throws HodeiError `invalid_input`
 */
export function parseSize(option: string, text: string): number {
  const [, number, unit] = SIZE.exec(text.trim()) ?? [];
  const bytes = Math.round(Number(number) * (FACTORS[unit?.toLowerCase() ?? ''] ?? Number.NaN));
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  const wrong = number === undefined ? `${shown(text)} is no amount of memory` : `${shown(text)} is out of bounds`;
  throw invalidOption(option, wrong, 'a number of bytes, or one with a unit, like 256m, 512KiB or 1.5g');
}
