import type { Sink } from './sink.ts';
import type { Terminal } from './terminal.ts';
import { oneLine, shorten } from './width.ts';

/** Shows what is waited for, as long as there is nothing else to show. */
export interface ProgressLine {
  show(words: string): void;
  /** Takes the line away; nothing is shown any more. Resolves when that is done. Idempotent. */
  end(): Promise<void>;
}

const CLEAR = '\r\u001b[K';
/** A line is drawn at most this often, in milliseconds. */
const REDRAW_MS = 80;

/** On a terminal one line that changes; elsewhere nothing at all, so that stderr is the job's. */
export function createProgressLine(sink: Sink, terminal: Terminal): ProgressLine {
  if (!terminal.isTerminal) return { show: () => undefined, end: () => Promise.resolve() };
  let wanted: string | undefined;
  let drawn = false;
  let ended = false;
  let drawing: Promise<void> | undefined;
  const enough = new AbortController();

  const draw = async (): Promise<void> => {
    while (wanted !== undefined && !ended) {
      const words = shorten(oneLine(wanted), (terminal.width ?? 80) - 1);
      wanted = undefined;
      await sink.write(CLEAR + terminal.paint('dim', words));
      drawn = true;
      await pause(REDRAW_MS, enough.signal);
    }
    drawing = undefined;
  };
  return {
    show: (words) => {
      wanted = words;
      // A terminal that is gone is noticed by the next who writes the job's output.
      if (!ended) drawing ??= draw().catch(() => undefined);
    },
    end: async () => {
      if (ended) return;
      ended = true;
      enough.abort();
      await drawing;
      if (drawn) await sink.write(CLEAR);
    },
  };
}

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, durationMs);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
