import { invalidOption, shown } from './invalid-option.ts';

/**
 * Reads a whole number.
 * @throws HodeiError `invalid_input` for anything but a whole number from `least` to `most`.
 */
export function parseWhole(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^-?\d+$/.test(text) && value >= least && value <= most) return value;
  const bounds = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw invalidOption(option, `${shown(text)} is not possible`, `a whole number ${bounds}`);
}

/**
 * Reads a factor, like how much may be promised of what there is.
 * @throws HodeiError `invalid_input` for anything but a number from 0.1 to 100.
 */
export function parseFactor(option: string, text: string): number {
  const value = Number(text);
  if (/^\d*\.?\d+$/.test(text) && value >= 0.1 && value <= 100) return value;
  throw invalidOption(option, `${shown(text)} is no factor`, 'one from 0.1 to 100, like 4 or 1.5');
}

/**
 * Reads a number of CPU cores.
 * @throws HodeiError `invalid_input`
 */
export function parseCpu(option: string, text: string): number {
  const value = Number(text);
  if (/^\d*\.?\d+$/.test(text) && value > 0 && value <= 4096) return value;
  throw invalidOption(option, `${shown(text)} is no number of cores`, 'one above 0 and up to 4096, like 2 or 0.5');
}
