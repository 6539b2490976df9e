import { joinChanges, type Change, type ChangeFeed } from '@hodei/domain';
import type { PostgresOptions } from './connection/postgres-options.ts';
import { listen } from './listen.ts';

/**
 * Tells what changes, over one connection that listens for all who watch. It exists while anyone does; when it
 * breaks it is made again, and all are told to look at everything.
 */
export class PostgresChangeFeed implements ChangeFeed, AsyncDisposable {
  readonly #options: PostgresOptions;
  readonly #watchers = new Set<Watcher>();
  #listening: Listening | undefined;
  readonly #closing = new AbortController();

  constructor(options: PostgresOptions) {
    this.#options = options;
  }

  async *watch(signal: AbortSignal): AsyncGenerator<readonly Change[]> {
    const ending = AbortSignal.any([signal, this.#closing.signal]);
    const watcher = new Watcher();
    this.#watchers.add(watcher);
    const wake = (): void => watcher.wake();
    ending.addEventListener('abort', wake);
    try {
      if (!ending.aborted) this.#listening ??= this.#listen();
      // Where the connection is still being made, its first `resync` comes from there.
      if (this.#listening?.isConnected === true) watcher.tell({ kind: 'resync' });
      while (!ending.aborted) {
        const changes = watcher.take();
        if (changes.length === 0) await watcher.woken();
        else yield changes;
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

  #listen(): Listening {
    const listening: Listening = { stop: new AbortController(), ended: Promise.resolve(), isConnected: false };
    listening.ended = listen(this.#options, listening.stop.signal, {
      connected: () => {
        listening.isConnected = true;
        this.#tellAll({ kind: 'resync' });
      },
      lost: () => {
        listening.isConnected = false;
      },
      change: (change) => this.#tellAll(change),
    });
    return listening;
  }

  async #stop(): Promise<void> {
    const listening = this.#listening;
    this.#listening = undefined;
    listening?.stop.abort();
    await listening?.ended;
  }

  #tellAll(change: Change): void {
    for (const watcher of this.#watchers) watcher.tell(change);
  }
}

/** One life of the connection that listens. Another may begin before this one has ended. */
interface Listening {
  readonly stop: AbortController;
  ended: Promise<void>;
  isConnected: boolean;
}

/** What one reader has not read yet; the same change twice is one. */
class Watcher {
  readonly #unread = new Map<string, Change>();
  #wakeUp: () => void = () => {};

  tell(change: Change): void {
    const key = keyOf(change);
    this.#unread.set(key, joinChanges(this.#unread.get(key), change));
    this.#wakeUp();
  }

  take(): readonly Change[] {
    const changes = [...this.#unread.values()];
    this.#unread.clear();
    return changes;
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

/** The same for changes of which one is enough. */
function keyOf(change: Change): string {
  if (change.kind === 'resync') return change.kind;
  return `${change.kind} ${change.kind === 'worker' ? change.workerId : change.jobId}`;
}
