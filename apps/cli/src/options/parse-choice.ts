import { invalidOption, shown } from './invalid-option.ts';

/**
 * Reads one of some words.
 * @throws HodeiError `invalid_input`, with all that are possible.
 */
export function parseChoice<Choice extends string>(option: string, text: string, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw invalidOption(option, `${shown(text)} is none`, `one of ${choices.join(', ')}`);
}
