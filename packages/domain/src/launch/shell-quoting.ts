import { HodeiError, type ErrorDetails } from '../errors.ts';

/**
 * The shell variable that holds a newline. The launcher script sets it, because a launch order is one line
 * and so can't hold one itself.
 */
export const NEWLINE_VARIABLE = '_hodei_nl';

/**
 * Quotes any text as one word of a one-line POSIX shell command: in single quotes, with `'` as `'\''` and a
 * newline as `"$_hodei_nl"`.
 *
 * @param what names the text in errors, like `argument 2`.
 * @throws HodeiError `invalid_input` for a NUL byte (no argument or variable of a process can hold one) and
 * for a lone surrogate (it has no UTF-8 form).
 */
export function quoteForShell(text: string, what: string): string {
  assertShellText(text, what);
  return `'${text.replaceAll("'", String.raw`'\''`).replaceAll('\n', `'"$${NEWLINE_VARIABLE}"'`)}'`;
}

/**
 * @param details for the error, like the field that the text is from.
 * @throws HodeiError `invalid_input`; see {@link quoteForShell}.
 */
export function assertShellText(text: string, what: string, details: ErrorDetails = {}): void {
  if (text.includes('\0')) {
    throw new HodeiError(
      'invalid_input',
      `${what} contains a NUL byte, which no process can be given; remove it or send it on stdin`,
      { details },
    );
  }
  if (!text.isWellFormed()) {
    throw new HodeiError(
      'invalid_input',
      `${what} contains half of a surrogate pair, which is not text; send bytes on stdin instead`,
      { details },
    );
  }
}
