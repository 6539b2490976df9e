import { setTimeout as delay } from 'node:timers/promises';

import { isHodeiError, toHodeiError } from '@hodei/domain';

import type { Backend } from '../backend.ts';
import type { Cli } from '../cli.ts';
import type { Screen } from '../output/screen.ts';
import { oneLine, shorten } from '../output/width.ts';
import { loadOverview, type Overview } from './load-overview.ts';
import { renderOverview } from './render-overview.ts';

/** However much changes, it is not looked at more often than this, in milliseconds. */
const LEAST_PAUSE_MS = 200;

/** Keys that end it. */
const QUIT = new Set(['q', 'escape', 'ctrl-c', 'ctrl-d']);

/**
 * Shows an overview that follows what happens: it looks again when something changes, and every `intervalMs`, as not
 * everything is told. Ends with a key, or the signal. What can't be had for a while is said, and tried again.
 * @throws HodeiError what the first look throws.
 */
export async function watchOverview(
  cli: Pick<Cli, 'now' | 'out'>,
  backend: Backend,
  screen: Screen,
  options: { readonly intervalMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, options.signal]);
  let wake = Promise.withResolvers<void>();
  const shown: { overview: Overview | undefined; problem: string | undefined; isFrozen: boolean } = {
    overview: undefined,
    problem: undefined,
    isFrozen: false,
  };
  const draw = (): Promise<void> => {
    const { width, height } = screen.size;
    const foot = shown.problem ?? `${shown.isFrozen ? 'frozen: space goes on' : 'space freezes'}, q ends`;
    const body = renderOverview(shown.overview ?? { jobs: [] }, cli, { width, height: height - 1 });
    const blank = Array.from({ length: Math.max(0, height - 1 - body.length) }, () => '');
    return screen.draw([...body, ...blank, cli.out.paint('dim', shorten(oneLine(foot), width))]);
  };
  screen.listen((input) => {
    if (input === 'resize') return void draw().catch((error: unknown) => over.abort(error));
    if (QUIT.has(input.key)) return over.abort();
    if (input.key === 'space') shown.isFrozen = !shown.isFrozen;
    wake.resolve();
  });
  const listening = listen(backend, signal, () => wake.resolve());
  try {
    while (!signal.aborted) {
      if (!shown.isFrozen) await look(backend, screen, shown);
      await draw();
      // Changes of the meantime are seen by the look that follows.
      await pause(LEAST_PAUSE_MS, signal);
      await Promise.race([wake.promise, pause(options.intervalMs - LEAST_PAUSE_MS, signal)]);
      wake = Promise.withResolvers<void>();
    }
  } finally {
    over.abort();
    await listening;
  }
  if (over.signal.reason instanceof Error && over.signal.reason.name !== 'AbortError') throw over.signal.reason;
}

async function look(
  backend: Backend,
  screen: Screen,
  shown: { overview: Overview | undefined; problem: string | undefined },
): Promise<void> {
  try {
    shown.overview = await loadOverview(backend, Math.max(10, screen.size.height));
    shown.problem = undefined;
  } catch (error) {
    // Somebody who begins wants to hear at once that nothing can be seen; later, it may be back soon.
    if (shown.overview === undefined || !toHodeiError(error).retryable) throw error;
    shown.problem = toHodeiError(error).message;
  }
}

/** Tells of changes for as long as that is possible; what is not told is seen at the next look. */
async function listen(backend: Backend, signal: AbortSignal, wake: () => void): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const _ of backend.changes(signal)) wake();
    } catch (error) {
      if (isHodeiError(error, 'forbidden')) return;
    }
    await pause(1000, signal);
  }
}

const pause = (durationMs: number, signal: AbortSignal): Promise<void> =>
  delay(Math.max(0, durationMs), undefined, { signal }).catch(() => undefined);
