import fc from 'fast-check';

/** Texts that have broken quoting somewhere, once. */
export const ODD_TEXTS: readonly string[] = [
  '',
  ' ',
  "'",
  "''",
  "'\\''",
  '"',
  '\\',
  '\\\\',
  '\\n',
  'ends in a backslash\\',
  '\n',
  '\n\n',
  '\nbegins and ends with a newline\n',
  'one\ntwo',
  "quote'\nquote'",
  '\r\n',
  '\t',
  '$HOME',
  '${HOME}',
  '$(echo no)',
  '`echo no`',
  '$((1+1))',
  '$_hodei_nl',
  '"$_hodei_nl"',
  '\'"$_hodei_nl"\'',
  '$',
  '!',
  '!!',
  '*',
  '?',
  '[a-z]',
  '~',
  '~root',
  '{a,b}',
  '#',
  '# no comment',
  ';',
  '; exit 3',
  '&',
  '&&',
  '|',
  '<',
  '>',
  '(',
  ')',
  '-',
  '--',
  '-n',
  '-e',
  '--help',
  '=',
  'A=B',
  '%s',
  '\u00e9',
  '日本語',
  '\u{1f600}',
  '\u{10ffff}',
  '\ufeff',
  '\u2028',
  'e\u0301',
  // Every control character but NUL.
  String.fromCharCode(...Array.from({ length: 31 }, (_, index) => index + 1), 0x7f),
  // UTF-8 whose last bytes are 0x80 to 0x8f: dash marks its own syntax with 0x81 to 0x88.
  Array.from({ length: 16 }, (_, index) => String.fromCodePoint(0x80 + index)).join(''),
  Array.from({ length: 16 }, (_, index) => String.fromCodePoint(0xc0 + index)).join(''),
  '\u2041\u2081\u{10041}\u{12081}\u{41088}',
];

/** Pieces that matter to a shell, so that random texts are made of trouble. */
const piece = fc.oneof(
  fc.constantFrom(...ODD_TEXTS),
  fc.constantFrom(
    "'",
    '"',
    '\\',
    '\n',
    '$',
    '`',
    ' ',
    '\t',
    '\r',
    '*',
    '!',
    '#',
    '~',
    '=',
    '-',
    '\u0001',
    '\u007f',
    '\u0081',
    '\u0088',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
);

/** Any text that a process can be given. */
export const anyText: fc.Arbitrary<string> = fc
  .array(piece, { maxLength: 6 })
  .map((pieces) => pieces.join('').replaceAll('\0', ''));

/** Names that shells keep for themselves, take for something else, or can't name at all. */
export const ODD_NAMES: readonly string[] = [
  '_', 'PWD', 'OLDPWD', 'IFS', 'OPTIND', 'OPTARG', 'PPID', 'LINENO', 'SHLVL', 'RANDOM', 'SECONDS', 'UID', 'EUID', 'GROUPS',
  'BASH', 'BASHOPTS', 'BASHPID', 'BASH_ARGC', 'BASH_ARGV', 'BASH_ARGV0', 'BASH_COMMAND', 'BASH_ENV', 'BASH_LINENO',
  'BASH_SOURCE', 'BASH_SUBSHELL', 'BASH_VERSINFO', 'BASH_VERSION', 'DIRSTACK', 'EPOCHREALTIME', 'EPOCHSECONDS', 'FUNCNAME',
  'HISTCMD', 'HOSTNAME', 'HOSTTYPE', 'MACHTYPE', 'OSTYPE', 'PIPESTATUS', 'SHELLOPTS', 'SRANDOM', 'COMP_WORDBREAKS',
  'HOME', 'ENV', 'PS1', 'PS2', 'PS4', 'MAIL', 'MAILPATH', 'MAILCHECK', 'CDPATH', 'TERM', 'TMOUT', 'FCEDIT', 'HISTSIZE',
  'POSIXLY_CORRECT', 'LC_ALL', 'LANG', '_hodei_nl', '_hodei_order', '_hodei_env', 'my.var', 'my-var', '1st', 'a b', 'ünï', '\n',
  '-i', '--', '-u', '$x', "it's", '*', '%', 'if', 'export', '\u0081',
]; // prettier-ignore

/** Any name that a variable can have, PATH aside, without which nothing runs. */
export const anyName: fc.Arbitrary<string> = fc
  .oneof(
    fc.constantFrom(...ODD_NAMES),
    fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }).map((text) => text.replaceAll(/[=\0]/g, '_')),
  )
  .filter((name) => name !== 'PATH' && !name.startsWith('LD_'));

/** Any variables; one in four of them is a secret. */
export const anyVariables: fc.Arbitrary<{ env: Record<string, string>; secrets: Record<string, string> }> = fc
  .uniqueArray(fc.tuple(anyName, anyText, fc.nat(3)), { selector: ([name]) => name, maxLength: 6 })
  .map((entries) => ({
    env: record(entries.filter(([, , kind]) => kind > 0)),
    secrets: record(entries.filter(([, , kind]) => kind === 0)),
  }));

const record = (entries: readonly (readonly [string, string, number])[]): Record<string, string> =>
  Object.fromEntries(entries.map(([name, value]) => [name, value]));
