import type { Change, ChangeFeed } from '@hodei/domain';
import type { PostgresOptions } from './connection/postgres-options.ts';
import { listen } from './listen.ts';

/**
 * Tells what changes, over one connection that listens for all who watch. It exists while anyone does; when it
 * breaks it is made again, and all are told to look at everything.
 */
export class PostgresChangeFeed implements ChangeFeed, AsyncDisposable {
  readonly #options: PostgresOptions;
  readonly #watchers = new Set<Watcher>();
  #listening: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
  /** Whether the connection listens right now. */
  #heard = false;
  readonly #closing = new AbortController();

  constructor(options: PostgresOptions) {
    this.#options = options;
  }

  async *watch(signal: AbortSignal): AsyncGenerator<Change> {
    const ending = AbortSignal.any([signal, this.#closing.signal]);
    const watcher = new Watcher();
    this.#watchers.add(watcher);
    const wake = (): void => watcher.wake();
    ending.addEventListener('abort', wake);
    try {
      // Where the connection is still being made, its first `resync` comes from there.
      if (this.#heard) watcher.tell({ kind: 'resync' });
      this.#listening ??= this.#listen();
      while (!ending.aborted) {
        const change = watcher.take();
        if (change === undefined) await watcher.woken();
        else yield change;
      }
    } finally {
      ending.removeEventListener('abort', wake);
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) await this.#stop();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#stop();
  }

  #listen(): { readonly stop: AbortController; readonly ended: Promise<void> } {
    const stop = new AbortController();
    const ended = listen(this.#options, stop.signal, {
      connected: () => {
        this.#heard = true;
        this.#tellAll({ kind: 'resync' });
      },
      lost: () => {
        this.#heard = false;
      },
      change: (change) => this.#tellAll(change),
    });
    return { stop, ended };
  }

  async #stop(): Promise<void> {
    const listening = this.#listening;
    this.#listening = undefined;
    this.#heard = false;
    listening?.stop.abort();
    await listening?.ended;
  }

  #tellAll(change: Change): void {
    for (const watcher of this.#watchers) watcher.tell(change);
  }
}

/** What one reader has not read yet; the same change twice is one. */
class Watcher {
  readonly #unread = new Map<string, Change>();
  #wakeUp: () => void = () => {};

  tell(change: Change): void {
    this.#unread.set(change.kind === 'resync' ? change.kind : `${change.kind} ${change.jobId}`, change);
    this.#wakeUp();
  }

  take(): Change | undefined {
    const [next] = this.#unread;
    if (next === undefined) return undefined;
    this.#unread.delete(next[0]);
    return next[1];
  }

  wake(): void {
    this.#wakeUp();
  }

  woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeUp = resolve;
    });
  }
}
