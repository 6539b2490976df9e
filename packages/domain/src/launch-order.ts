import { HodeiError } from './errors.ts';
import { assertShellText, NEWLINE_VARIABLE, quoteForShell } from './shell-quoting.ts';

/** The message that turns a ready worker into a running job. Secrets travel in it and nowhere else. */
export interface LaunchOrder {
  /** The attempt's nonce; the worker says it back in the launch marker. */
  readonly nonce: string;
  /** The program and its arguments. Never empty. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** Absolute; made where it does not exist. Absent: the image's own. */
  readonly workdir?: string;
  /** What the job reads on stdin; without it, stdin is closed at once. */
  readonly stdin?: Uint8Array;
}

/**
 * What {@link WorkerSpec} carries where the image has no shell: the order, in the open, without secrets. An
 * empty argv means what the image runs by itself.
 */
export type DirectLaunch = Pick<LaunchOrder, 'argv' | 'env' | 'workdir'>;

/**
 * What a worker runs first, as `/bin/sh -c`: it waits for one line on stdin and becomes the job. End of file
 * ends it with {@link NEVER_LAUNCHED_EXIT_CODE}: that is how an idle worker dies with its controller.
 */
export const LAUNCHER_SCRIPT = `${NEWLINE_VARIABLE}='
'; IFS= read -r _hodei_order || exit 125; eval "$_hodei_order"`;

/** The launcher's exit code when no order came. Without a marker it means: never launched. */
export const NEVER_LAUNCHED_EXIT_CODE = 125;

/**
 * The longest line an order may be, in bytes. A shell reads it byte by byte, about 1 ms a KB; anything larger
 * belongs on stdin.
 */
export const MAX_ORDER_BYTES = 256 * 1024;

/** The longest single argument or `NAME=value`, in bytes: Linux' MAX_ARG_STRLEN (execve(2)), with its final NUL. */
export const MAX_ARGUMENT_BYTES = 128 * 1024 - 1;

/** What the worker says before it becomes the job, or instead of it. */
export type LaunchVerdict = 'launched' | 'command-not-found' | 'command-not-executable' | 'workdir-not-found';

const MARKER = /^\u001ehodei:([0-9a-f]{32}):(launched|command-not-found|command-not-executable|workdir-not-found)$/;

/** No marker is longer than this many bytes, its newline included. */
export const MAX_MARKER_BYTES = 72;

/** The line, without its newline, that a worker writes on stdout before anything else. */
export const launchMarker = (nonce: string, verdict: LaunchVerdict): string => `\u001ehodei:${nonce}:${verdict}`;

/** Reads a line of stdout as a launch marker; `undefined` where it is none. */
export function parseLaunchMarker(line: string): { nonce: string; verdict: LaunchVerdict } | undefined {
  const match = MARKER.exec(line);
  if (!match?.[1] || !match[2]) return undefined;
  return { nonce: match[1], verdict: match[2] as LaunchVerdict };
}

// Shells treat these themselves (read-only, numeric, rewritten by `cd`, or answered with a warning), so `export`
// is no safe way to set them; nor are our own names, which the rest of the line needs. They, and names that are no shell identifiers,
// go through env(1).
const SHELL_OWN_NAMES =
  /^(?:_|_hodei_.*|BASH.*|COMP_.*|DIRSTACK|EPOCH.*|EUID|FUNCNAME|GROUPS|HISTCMD|IFS|LANG|LC_.*|LINENO|OLDPWD|OPTIND|PIPESTATUS|PPID|PWD|RANDOM|SECONDS|SHELLOPTS|SHLVL|SRANDOM|UID)$/;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
const isExportable = (name: string): boolean => IDENTIFIER.test(name) && !SHELL_OWN_NAMES.test(name);

/**
 * Builds the line of POSIX shell that a waiting worker reads: exports, `cd`, a check that the program is
 * there, the marker, `exec`. Pure; the same order gives the same line, which ends with a newline.
 *
 * @throws HodeiError `invalid_input` for what no process can be given (NUL, bad names, an empty argv),
 * `limit_exceeded` where it is larger than a process or {@link MAX_ORDER_BYTES} allows.
 */
export function encodeLaunchOrder(order: LaunchOrder): string {
  assertLaunchable(order);
  const [program] = order.argv;
  if (program === undefined) throw new HodeiError('invalid_input', 'there is no command; give a program to run');
  const variables = Object.entries({ ...order.env, ...order.secrets });
  const viaEnv = variables.filter(([name]) => !isExportable(name));
  const refuse = (verdict: LaunchVerdict, exitCode: number): string =>
    `{ echo '${launchMarker(order.nonce, verdict)}'; exit ${exitCode}; }`;

  const parts: string[] = [];
  // Our own tools are looked up, and used, before the job's PATH counts.
  if (viaEnv.length > 0) parts.push(`_hodei_env=$(command -v env) || ${refuse('command-not-found', 127)}`);
  if (order.workdir !== undefined) {
    const dir = quoteForShell(order.workdir, 'workdir');
    parts.push(`cd -- ${dir} 2>/dev/null || { mkdir -p -- ${dir} && cd -- ${dir}; } 2>/dev/null || ${refuse('workdir-not-found', 125)}`);
  }
  for (const [name, value] of variables) {
    if (isExportable(name)) parts.push(`export ${name}=${quoteForShell(value, `variable ${name}`)}`);
  }
  const prog = quoteForShell(program, 'the command');
  if (program.includes('/')) {
    parts.push(`[ -f ${prog} ] || ${refuse('command-not-found', 127)}`, `[ -x ${prog} ] || ${refuse('command-not-executable', 126)}`);
  } else {
    parts.push(`command -v -- ${prog} >/dev/null 2>&1 || ${refuse('command-not-found', 127)}`);
  }
  const env = viaEnv.map(([name, value]) => quoteForShell(`${name}=${value}`, `variable ${name}`));
  const rest = order.argv.slice(1).map((word, index) => quoteForShell(word, `argument ${index + 1}`));
  let exec = [prog];
  if (env.length > 0) exec = ['"$_hodei_env"', '--', ...env, prog];
  else if (program.startsWith('-')) {
    // Some shells take it for an option of `exec`, and some of those know no `--`.
    exec = [program.includes('/') ? `./${prog}` : '"$_hodei_prog"'];
    if (!program.includes('/')) parts.push(`_hodei_prog=$(command -v -- ${prog})`);
  }
  parts.push(`echo '${launchMarker(order.nonce, 'launched')}'`, ['exec', ...exec, ...rest].join(' '));

  const line = `${parts.join('; ')}\n`;
  assertSize('env, secrets and command together', utf8Length(line), MAX_ORDER_BYTES);
  return line;
}

/**
 * Checks what every launch must hold, by order or direct.
 * @throws HodeiError `invalid_input` or `limit_exceeded`; the message names the argument or variable, never a
 * value.
 */
export function assertLaunchable(launch: DirectLaunch & { readonly secrets?: Readonly<Record<string, string>> }): void {
  if (launch.argv[0] === '') throw new HodeiError('invalid_input', 'the command is empty; give a program to run');
  launch.argv.forEach((word, index) => {
    assertShellText(word, index === 0 ? 'the command' : `argument ${index}`);
    assertSize(`argument ${index}`, utf8Length(word), MAX_ARGUMENT_BYTES);
  });
  const viaEnv = [...Object.keys(launch.env), ...Object.keys(launch.secrets ?? {})].find((name) => !isExportable(name));
  if (launch.argv[0]?.includes('=') === true && viaEnv !== undefined) {
    // Only env(1) can set it, and env takes such a program for one more variable.
    throw new HodeiError('invalid_input', `a program with "=" in its name can't be given variable "${viaEnv}"; rename one of them`);
  }
  let total = launch.argv.reduce((sum, word) => sum + utf8Length(word) + 1, 0);
  for (const [name, value] of [...Object.entries(launch.env), ...Object.entries(launch.secrets ?? {})]) {
    assertVariableName(name);
    assertShellText(value, `variable ${name}`);
    const size = utf8Length(name) + 1 + utf8Length(value);
    assertSize(`variable ${name}`, size, MAX_ARGUMENT_BYTES);
    total += size + 1;
  }
  assertSize('env, secrets and command together', total, MAX_ORDER_BYTES);
  if (launch.workdir !== undefined) {
    assertShellText(launch.workdir, 'workdir');
    if (!launch.workdir.startsWith('/')) {
      throw new HodeiError('invalid_input', `workdir "${launch.workdir}" is not absolute; it must begin with "/"`);
    }
  }
}

function assertVariableName(name: string): void {
  assertShellText(name, 'the name of a variable');
  if (name !== '' && !name.includes('=')) return;
  throw new HodeiError('invalid_input', `"${name}" can't name a variable; a name is not empty and has no "="`);
}

function assertSize(what: string, bytes: number, most: number): void {
  if (bytes <= most) return;
  throw new HodeiError('limit_exceeded', `${what} take ${bytes} bytes; at most ${most} are possible. Send large data on stdin instead.`, {
    details: { bytes, most },
  });
}

const encoder = new TextEncoder();
const utf8Length = (text: string): number => encoder.encode(text).length;
