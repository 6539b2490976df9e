import { isatty } from 'node:tty';
import { styleText } from 'node:util';

/** What is known of the place our words go to. */
export interface Terminal {
  /** False for a file or a pipe: then nothing moves, shrinks or has a colour. */
  readonly isTerminal: boolean;
  /** Characters in a line; absent where there is no bound. */
  readonly width?: number;
  readonly paint: (style: Parameters<typeof styleText>[0], text: string) => string;
}

/**
 * Looks at stdout (1) or stderr (2). On a terminal colours follow `NO_COLOR` and `TERM`; `FORCE_COLOR` (`0`: never) is
 * above both, and has them in a pipe too.
 */
export function describeTerminal(fd: 1 | 2, env: NodeJS.ProcessEnv): Terminal {
  // The stream is only touched where it is a terminal: Node makes a pipe non-blocking, also for who shares it with us.
  const stream = isatty(fd) ? (fd === 1 ? process.stdout : process.stderr) : undefined;
  const colours = forced(env) ?? stream?.hasColors(env) ?? false;
  return {
    isTerminal: stream !== undefined && env['TERM'] !== 'dumb',
    // A terminal that does not know its width says 0.
    ...(stream === undefined || stream.columns === 0 ? {} : { width: stream.columns }),
    paint: (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text),
  };
}

/** What `FORCE_COLOR` says; empty counts as not set (force-color.org). */
function forced({ FORCE_COLOR: words = '' }: NodeJS.ProcessEnv): boolean | undefined {
  return words === '' ? undefined : words !== '0' && words !== 'false';
}
