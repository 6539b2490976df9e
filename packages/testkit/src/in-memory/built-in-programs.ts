import type { OutputStream } from '@hodei/domain';
import type { Program, ProgramContext, Programs } from './program.ts';

const word = (context: ProgramContext, index: number): string => context.argv[index] ?? '';
const number = (context: ProgramContext, index: number): number => Number(word(context, index));
const stream = (text: string): OutputStream => (text === 'stderr' ? 'stderr' : 'stdout');

/** Says that it is there, then waits until it is ended. */
const announceAndWait: Program = async (context) => {
  context.write('stdout', 'ready\n');
  return await context.forever();
};

/**
 * The programs that every in-memory engine has:
 *
 * - `true`, `false`, `exit N`, `echo WORD...`, `sleep MS`, `cat` (stdin to stdout), `printenv NAME`, `pwd`
 * - `print STREAM TEXT EXITCODE`, `print-bytes STREAM BASE64`: just these bytes
 * - `repeat TEXT BYTES`: the text over and over, cut at so many bytes, on stdout
 * - `slowly PAUSE_MS EXITCODE TEXT...`: the texts on stdout, with a pause between
 * - `wait`: says `ready`, then waits for its end; `ignore-term` the same, deaf to SIGTERM; `notice-term` says
 *   `noticed` 300 ms after SIGTERM and exits 3
 * - `oom`: is killed for its memory
 * - `unclean`: leaves a reusable worker that can't be reused
 */
export const BUILT_IN_PROGRAMS: Programs = {
  true: async () => 0,
  false: async () => 1,
  exit: async (context) => number(context, 1),
  echo: async (context) => {
    context.write('stdout', `${context.argv.slice(1).join(' ')}\n`);
    return 0;
  },
  sleep: async (context) => {
    await context.sleep(number(context, 1));
    return 0;
  },
  cat: async (context) => {
    context.write('stdout', context.stdin);
    return 0;
  },
  printenv: async (context) => {
    const value = context.env[word(context, 1)];
    if (value !== undefined) context.write('stdout', value);
    return value === undefined ? 1 : 0;
  },
  pwd: async (context) => {
    context.write('stdout', `${context.workdir}\n`);
    return 0;
  },
  print: async (context) => {
    context.write(stream(word(context, 1)), word(context, 2));
    return number(context, 3);
  },
  'print-bytes': async (context) => {
    context.write(stream(word(context, 1)), new Uint8Array(Buffer.from(word(context, 2), 'base64')));
    return 0;
  },
  repeat: async (context) => {
    const text = new TextEncoder().encode(word(context, 1).repeat(4096));
    for (let left = number(context, 2); left > 0; left -= text.length) {
      context.write('stdout', text.subarray(0, Math.min(left, text.length)));
      await context.sleep(0);
    }
    return 0;
  },
  slowly: async (context) => {
    for (const [index, text] of context.argv.slice(3).entries()) {
      if (index > 0) await context.sleep(number(context, 1));
      context.write('stdout', text);
    }
    return number(context, 2);
  },
  wait: announceAndWait,
  'ignore-term': async (context) => {
    context.onTerm(() => undefined);
    return await announceAndWait(context);
  },
  'notice-term': async (context) => {
    const asked = Promise.withResolvers<void>();
    context.onTerm(asked.resolve);
    context.write('stdout', 'ready\n');
    await Promise.race([asked.promise, context.forever()]);
    await context.sleep(300);
    context.write('stdout', 'noticed\n');
    return 3;
  },
  unclean: async (context) => {
    context.leaveUnclean();
    return 0;
  },
  oom: async (context) => await context.runOutOfMemory(),
};
