import { assertLaunchable, assertSize, isExportable, MAX_ORDER_BYTES, utf8Length } from './assert-launchable.ts';
import { HodeiError } from '../errors.ts';
import { NEWLINE_VARIABLE, quoteForShell } from './shell-quoting.ts';

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
 * What a worker runs first, as `/bin/sh -c`: it waits for an order on stdin and becomes the job. End of file, in an order
 * too, ends it with {@link NEVER_LAUNCHED_EXIT_CODE}: that is how an idle worker dies with its controller. An order that
 * turns out void is forgotten, and the next one waited for.
 */
export const LAUNCHER_SCRIPT = `${NEWLINE_VARIABLE}='
'; while IFS= read -r _hodei_order || exit 125; do eval "$_hodei_order"; done`;

/** The last line of each order: without it, the job does not run. So all before it may be sent ahead. */
export const GO_LINE = 'go\n';

/** Instead of {@link GO_LINE}: the order is void, and the worker waits for another. */
export const VOID_LINE = 'no\n';

/** What of an encoded order may be sent ahead. Nothing of the job happens before {@link GO_LINE} follows it. */
export const aheadOf = (encoded: string): string => encoded.slice(0, -GO_LINE.length);

/** The launcher's exit code when no order came. Without a marker it means: never launched. */
export const NEVER_LAUNCHED_EXIT_CODE = 125;

/** What the worker says before it becomes the job, or instead of it. */
export type LaunchVerdict = 'launched' | 'command-not-found' | 'command-not-executable' | 'workdir-not-found';

/** What every marker begins with, its nonce next. */
export const MARKER_START = '\u001ehodei:';

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

/**
 * Builds what a waiting worker reads: a line of POSIX shell (exports, `cd`, a check that the program is there, the
 * marker, `exec`), and {@link GO_LINE}. Pure; the same order gives the same text.
 *
 * @throws HodeiError `invalid_input` for what no process can be given (NUL, bad names, an empty argv),
 * `limit_exceeded` where it is larger than a process or {@link MAX_ORDER_BYTES} allows.
 */
export function encodeLaunchOrder(order: LaunchOrder): string {
  const { look, parts } = orderParts(order);
  return asOrder(`${look}; ${AWAIT_GO} { ${parts.join('; ')}; }`);
}

/** What is behind it is not done where the order is void. */
const AWAIT_GO = `IFS= read -r _hodei_go || exit 125; [ "$_hodei_go" = go ] &&`;

/**
 * The commands of an order, the marker and `exec` last; the marker goes to both streams where `bothStreams`.
 * @returns beside them, what is to be done first: a look at the program that says and changes nothing, so that it may come
 * before it is known whether the order is valid; `:` where the program can only be found later.
 */
export function orderParts(
  order: LaunchOrder,
  { bothStreams = false }: { readonly bothStreams?: boolean } = {},
): { readonly look: string; readonly parts: readonly string[] } {
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
    parts.push(
      `cd -- ${dir} 2>/dev/null || { mkdir -p -- ${dir} && cd -- ${dir}; } 2>/dev/null || ${refuse('workdir-not-found', 125)}`,
    );
  }
  for (const [name, value] of variables) {
    if (isExportable(name)) parts.push(`export ${name}=${quoteForShell(value, `variable ${name}`)}`);
  }
  const prog = quoteForShell(program, 'the command');
  const look = program.includes('/')
    ? `_hodei_is=127; [ -f ${prog} ] && _hodei_is=126 && [ -x ${prog} ] && _hodei_is=0`
    : `_hodei_is=127; command -v -- ${prog} >/dev/null 2>&1 && _hodei_is=0`;
  const looksFirst = order.workdir === undefined && !variables.some(([name]) => name === 'PATH');
  if (!looksFirst) parts.push(look);
  parts.push(
    `case $_hodei_is in 127) ${refuse('command-not-found', 127)};; 126) ${refuse('command-not-executable', 126)};; esac`,
  );
  const env = viaEnv.map(([name, value]) => quoteForShell(`${name}=${value}`, `variable ${name}`));
  const rest = order.argv.slice(1).map((word, index) => quoteForShell(word, `argument ${index + 1}`));
  let exec = [prog];
  if (env.length > 0) exec = ['"$_hodei_env"', '--', ...env, prog];
  else if (program.startsWith('-')) {
    // Some shells take it for an option of `exec`, and some of those know no `--`.
    exec = [program.includes('/') ? `./${prog}` : '"$_hodei_prog"'];
    if (!program.includes('/')) parts.push(`_hodei_prog=$(command -v -- ${prog})`);
  }
  const launched = `echo '${launchMarker(order.nonce, 'launched')}'`;
  parts.push(launched, ...(bothStreams ? [`${launched} >&2`] : []), ['exec', ...exec, ...rest].join(' '));
  return { look: looksFirst ? look : ':', parts };
}

/** @throws HodeiError `limit_exceeded` */
export function asOrder(line: string): string {
  const text = `${line}\n${GO_LINE}`;
  assertSize('env, secrets and command together', utf8Length(text), MAX_ORDER_BYTES);
  return text;
}
