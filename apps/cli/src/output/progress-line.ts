import { ClosedOutputError, type Sink } from './sink.ts';
import type { Terminal } from './terminal.ts';
import { oneLine, shorten } from './width.ts';

/** Our own words on stderr, beside what the job writes there. */
export interface ProgressLine {
  /** Shows what is waited for, on a terminal and until {@link end}. */
  show(words: string): void;
  /** Writes a line that stays. */
  tell(words: string): Promise<void>;
  /** Takes away what is shown, for good. Idempotent. */
  end(): Promise<void>;
}

const CLEAR = '\r\u001b[K';
/** The line is drawn at most this often, in milliseconds. */
const REDRAW_MS = 80;

/**
 * On a terminal, one line that changes, above which others may be written; elsewhere only lines that stay. When quiet,
 * neither. A stderr that nobody reads is no reason to fail.
 */
export function createProgressLine(sink: Sink, terminal: Terminal, quiet: boolean): ProgressLine {
  const write = (text: string): Promise<void> => sink.write(text).catch(unlessClosed);
  const moves = terminal.isTerminal && !quiet;
  let shown = '';
  let isDrawn = false;
  let timer: NodeJS.Timeout | undefined;
  const clear = (): string => {
    const text = isDrawn ? CLEAR : '';
    isDrawn = false;
    return text;
  };
  const draw = (): void => {
    timer = undefined;
    void write(CLEAR + terminal.paint('dim', shorten(oneLine(shown), (terminal.width ?? 80) - 1)));
    isDrawn = true;
  };
  let isOver = false;
  return {
    show: (words) => {
      shown = words;
      if (moves && !isOver) timer ??= setTimeout(draw, REDRAW_MS);
    },
    tell: async (words) => {
      if (!quiet) await write(`${clear()}hodei: ${oneLine(words)}\n`);
    },
    end: async () => {
      isOver = true;
      clearTimeout(timer);
      if (isDrawn) await write(clear());
    },
  };
}

function unlessClosed(error: unknown): void {
  if (!(error instanceof ClosedOutputError)) throw error;
}
