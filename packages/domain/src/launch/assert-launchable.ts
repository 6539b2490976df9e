import { HodeiError, type ErrorDetails } from '../errors.ts';
import { assertShellText } from './shell-quoting.ts';

/**
 * The longest line an order may be, in bytes. A shell reads it byte by byte, about 1 ms a KB; anything larger
 * belongs on stdin.
 */
export const MAX_ORDER_BYTES = 256 * 1024;

/** The longest single argument or `NAME=value`, in bytes: Linux' MAX_ARG_STRLEN (execve(2)), with its final NUL. */
export const MAX_ARGUMENT_BYTES = 128 * 1024 - 1;

// Shells treat these themselves (read-only, numeric, rewritten by `cd`, or answered with a warning), so `export`
// is no safe way to set them; nor are our own names, which the rest of the line needs. They, and names that are
// no shell identifiers, go through env(1).
const SHELL_OWN_NAMES =
  /^(?:_|_hodei_.*|BASH.*|COMP_.*|DIRSTACK|EPOCH.*|EUID|FUNCNAME|GROUPS|HISTCMD|IFS|LANG|LC_.*|LINENO|OLDPWD|OPTIND|PIPESTATUS|PPID|PWD|RANDOM|SECONDS|SHELLOPTS|SHLVL|SRANDOM|UID)$/;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** True for a variable that every shell sets by `export` to just what it is given. */
export const isExportable = (name: string): boolean => IDENTIFIER.test(name) && !SHELL_OWN_NAMES.test(name);

/**
 * Checks what every launch must hold, by order or direct.
 * @throws HodeiError `invalid_input` or `limit_exceeded`; the message names the argument or variable, never a
 * value. `details.field` is `command`, `env`, `secrets` or `workdir`.
 */
export function assertLaunchable(launch: {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly workdir?: string;
}): void {
  const { argv, env, secrets = {}, workdir } = launch;
  if (argv[0] === '') refuse('command', 'the command is empty; give a program to run');
  argv.forEach((word, index) => {
    const what = index === 0 ? 'the command' : `argument ${index}`;
    assertShellText(word, what, { field: 'command' });
    assertSize(what, utf8Length(word), MAX_ARGUMENT_BYTES, { field: 'command' });
  });
  const variables = assertVariables('env', env) + assertVariables('secrets', secrets);
  const viaEnv = [...Object.keys(env), ...Object.keys(secrets)].find((name) => !isExportable(name));
  if (argv[0]?.includes('=') === true && viaEnv !== undefined) {
    // Only env(1) can set it, and env takes such a program for one more variable.
    refuse('command', `a program with "=" in its name can't be given variable "${viaEnv}"; rename one of them`);
  }
  const total = argv.reduce((sum, word) => sum + utf8Length(word) + 1, variables);
  assertSize('env, secrets and command together', total, MAX_ORDER_BYTES, { field: 'command' });
  if (workdir === undefined) return;
  assertShellText(workdir, 'workdir', { field: 'workdir' });
  if (!workdir.startsWith('/')) refuse('workdir', `workdir "${workdir}" is not absolute; it must begin with "/"`);
}

/** @throws HodeiError `limit_exceeded` */
export function assertSize(what: string, bytes: number, most: number, details: ErrorDetails = {}): void {
  if (bytes <= most) return;
  const message = `${what} may take at most ${most} bytes, not ${bytes}; send large data on stdin instead`;
  throw new HodeiError('limit_exceeded', message, { details: { ...details, bytes, most } });
}

const encoder = new TextEncoder();

/** How many bytes the text takes. */
export const utf8Length = (text: string): number => encoder.encode(text).length;

/** @returns how many bytes they take in all. */
function assertVariables(field: 'env' | 'secrets', variables: Readonly<Record<string, string>>): number {
  let total = 0;
  for (const [name, value] of Object.entries(variables)) {
    assertShellText(name, 'the name of a variable', { field });
    if (name === '' || name.includes('=')) {
      // What stands behind the "=" may well be the value, and a secret.
      refuse(
        field,
        `"${name.split('=')[0]}${name === '' ? '' : '=...'}" can't name a variable; a name is not empty and has no "="`,
      );
    }
    assertShellText(value, `variable ${name}`, { field });
    const size = utf8Length(name) + 1 + utf8Length(value);
    assertSize(`variable ${name}`, size, MAX_ARGUMENT_BYTES, { field });
    total += size + 1;
  }
  return total;
}

function refuse(field: string, message: string): never {
  throw new HodeiError('invalid_input', message, { details: { field } });
}
