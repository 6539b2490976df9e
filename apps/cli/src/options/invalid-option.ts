import { HodeiError } from '@hodei/domain';

/**
 * The error for a bad value on the command line.
 * @param option as the user types it, like `--memory`.
 * @param wrong what is wrong with the value, in words that follow the option.
 * @param right what would be right, in words that follow "give".
 */
export const invalidOption = (option: string, wrong: string, right: string): HodeiError =>
  new HodeiError('invalid_input', `${option}: ${wrong}; give ${right}`, { details: { field: option } });

/** A value as it is shown in an error: short, and harmless on a terminal. */
export const shown = (value: string): string => JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value);
