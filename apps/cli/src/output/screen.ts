import { writeSync } from 'node:fs';
import { emitKeypressEvents, type Key } from 'node:readline';

import type { Sink } from './sink.ts';

/** What comes from a person at a screen: the name of a key, like `q` or `escape`, or that the screen has another size. */
export type ScreenInput = { readonly key: string } | 'resize';

/** A whole terminal that one command has for itself, until it is disposed of: then what was there before is back. */
export interface Screen extends AsyncDisposable {
  /** Characters in a line, and lines, as it is now. */
  readonly size: { readonly width: number; readonly height: number };
  /** Shows these lines and nothing else. No line may be longer than the screen is wide. */
  draw(lines: readonly string[]): Promise<void>;
  /** Who is told of what comes; one at most. */
  listen(listener: (input: ScreenInput) => void): void;
}

// The alternate screen, without a cursor, and without lines that go on in the next one (ECMA-48, xterm's ctlseqs).
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const END_OF_LINE = '\u001b[K';
const END_OF_SCREEN = '\u001b[J';

/** The lines as they are drawn: over what is there, so that nothing flickers. */
export const frame = (lines: readonly string[]): string =>
  HOME + lines.map((line) => line + END_OF_LINE).join('\r\n') + END_OF_SCREEN;

/** Takes the terminal of this process; absent where stdout is none. Without one at stdin, there are no keys. */
export async function openScreen(sink: Sink, env: NodeJS.ProcessEnv): Promise<Screen | undefined> {
  const { stdin, stdout } = process;
  if (!stdout.isTTY || env['TERM'] === 'dumb') return undefined;
  let tell: (input: ScreenInput) => void = () => undefined;
  const onResize = (): void => tell('resize');
  const onKey = (text: string | undefined, key: Key): void =>
    tell({ key: `${key.ctrl ? 'ctrl-' : ''}${key.name ?? text ?? ''}` });
  const onExit = (): void => void writeSync(1, LEAVE);
  await sink.write(ENTER);
  // Also where this process ends in a way that nobody planned.
  process.once('exit', onExit);
  stdout.on('resize', onResize);
  if (stdin.isTTY) {
    emitKeypressEvents(stdin);
    stdin.setRawMode(true).on('keypress', onKey).resume();
  }
  let shown = '';
  return {
    // A terminal that does not know its size says 0.
    get size() {
      return { width: stdout.columns || 80, height: stdout.rows || 24 };
    },
    draw: async (lines) => {
      const next = frame(lines);
      if (next !== shown) await sink.write(next);
      shown = next;
    },
    listen: (listener) => {
      tell = listener;
    },
    [Symbol.asyncDispose]: async () => {
      if (stdin.isTTY) stdin.off('keypress', onKey).setRawMode(false).pause();
      stdout.off('resize', onResize);
      process.off('exit', onExit);
      await sink.write(LEAVE).catch(() => undefined);
    },
  };
}
