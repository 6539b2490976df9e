import type { ConformanceCommands } from './harness.ts';

const sh = (script: string, ...args: readonly string[]): readonly string[] => ['/bin/sh', '-c', script, 'sh', ...args];

const octal = (byte: number): string => `\\${byte.toString(8).padStart(3, '0')}`;

/** Busy waiting in steps lets a shell run its traps, which it does only between commands. */
const WAIT = 'while :; do sleep 0.1; done';

/** The suite's commands for every image with a POSIX shell and the usual small tools, busybox for one. */
export const posixCommands: ConformanceCommands = {
  exit: (code) => sh('exit "$1"', String(code)),
  print: (stream, text) => sh(stream === 'stdout' ? 'printf %s "$1"' : 'printf %s "$1" >&2', text),
  printBytes: (bytes) => sh('printf "$1"', [...bytes].map(octal).join('')),
  printBoth: (stdout, stderr, code) =>
    sh('printf %s "$1"; printf %s "$2" >&2; exit "$3"', stdout, stderr, String(code)),
  repeat: (text, bytes) => {
    const line = text.replaceAll('\n', '').repeat(text.endsWith('\n') ? 1 : 64);
    return sh(`yes "$1" ${text.endsWith('\n') ? '' : "| tr -d '\\n'"} | head -c "$2"`, line, String(bytes));
  },
  slowly: (texts, pauseMs, code) =>
    sh(`${texts.map((text) => `echo ${text.trimEnd()}`).join(`; sleep ${pauseMs / 1000}; `)}; exit "$1"`, String(code)),
  readStdin: () => ['cat'],
  printEnv: (name) => sh('eval "printf %s \\"\\$$1\\""', name),
  printWorkdir: () => sh('pwd'),
  waitForever: () => sh(`echo ready; ${WAIT}`),
  waitWithChild: () => sh('sleep 3600 & echo ready; wait'),
  leaveChild: () => sh('sleep 3600 & echo ready'),
  ignoreTerm: () => sh(`trap '' TERM; echo ready; ${WAIT}`),
  noticeTerm: () => sh(`trap 'sleep 0.3; echo noticed; exit 3' TERM; echo ready; ${WAIT}`),
  nonexistent: () => ['/no/such/program'],
  count: (lines) => sh('seq -w 1 "$1" | sed "s/^/line /"', String(lines)),
  runOutOfMemory: () => sh('text=0123456789; while :; do text=$text$text; done'),
};
