import { joinChanges, type Change, type ChangeFeed } from '@hodei/domain';
import type { InMemoryStore } from './in-memory-store.ts';

/** Tells what changes in an {@link InMemoryStore}. Changes nobody has read yet are told once. */
export class InMemoryChangeFeed implements ChangeFeed {
  readonly #store: InMemoryStore;

  constructor(store: InMemoryStore) {
    this.#store = store;
  }

  async *watch(signal: AbortSignal): AsyncGenerator<readonly Change[]> {
    const unread = new Map<string, Change>([['resync', { kind: 'resync' }]]);
    let wake = (): void => {};
    const unsubscribe = this.#store.subscribe((change) => {
      unread.set(keyOf(change), joinChanges(unread.get(keyOf(change)), change));
      wake();
    });
    const stop = (): void => wake();
    signal.addEventListener('abort', stop);
    try {
      while (!signal.aborted) {
        const changes = [...unread.values()];
        if (changes.length > 0) {
          unread.clear();
          yield changes;
          continue;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      unsubscribe();
      signal.removeEventListener('abort', stop);
    }
  }
}

/** The same for changes of which one is enough. */
function keyOf(change: Change): string {
  if (change.kind === 'resync') return 'resync';
  return `${change.kind} ${change.kind === 'worker' ? change.workerId : change.jobId}`;
}
