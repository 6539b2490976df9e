import type { Change, ChangeFeed, Repositories } from '@hodei/domain';

import type { Calls } from './calls.ts';

type Port = Exclude<keyof Repositories, 'changes'>;

/** How one life of an instance reaches the store. */
export interface StoreSurroundings {
  readonly calls: Calls;
  /** Makes one effect, and looks at what it changed. */
  readonly observe: <T>(operation: string, effect: () => Promise<T>) => Promise<T>;
  readonly watch: (events: AsyncIterable<Change>, signal: AbortSignal) => AsyncGenerator<Change>;
}

/** The store as one instance sees it: over a wire, on which each call has its own fate. */
export function reachStore(store: Repositories, around: StoreSurroundings): Repositories {
  const reach = <P extends Port>(port: P): Repositories[P] => reachRepository(port, store[port], around);
  return {
    instances: reach('instances'),
    providers: reach('providers'),
    pools: reach('pools'),
    jobs: reach('jobs'),
    queues: reach('queues'),
    attempts: reach('attempts'),
    workers: reach('workers'),
    images: reach('images'),
    logs: reach('logs'),
    history: reach('history'),
    ownership: reach('ownership'),
    tokens: reach('tokens'),
    retention: reach('retention'),
    census: reach('census'),
    changes: {
      watch: (signal) => alone(around.watch(oneByOne(store.changes.watch(signal)), signal)),
    } satisfies ChangeFeed,
  };
}

/** What came at once: each change has a fate of its own, too. */
async function* oneByOne(feed: AsyncIterable<readonly Change[]>): AsyncGenerator<Change> {
  for await (const changes of feed) yield* changes;
}

async function* alone(changes: AsyncIterable<Change>): AsyncGenerator<readonly Change[]> {
  for await (const change of changes) yield [change];
}

function reachRepository<R extends object>(port: Port, repository: R, { calls, observe }: StoreSurroundings): R {
  return new Proxy(repository, {
    get(target, property) {
      const method: unknown = Reflect.get(target, property, target);
      if (typeof method !== 'function' || typeof property !== 'string') return method;
      const name = `${port}.${property}`;
      return (...args: readonly unknown[]) => {
        const effect = (): Promise<unknown> =>
          observe(name, async () => Reflect.apply(method, target, args) as unknown);
        return calls.make({ name, target: 'store', subject: subjectOf(args[0]), effect });
      };
    },
  });
}

/** The end of an id is enough to tell it apart. */
export const shortId = (id: string): string => id.slice(-4).replace(/^0+/, '#');

function subjectOf(argument: unknown): string {
  if (typeof argument === 'string') return shortId(argument);
  if (typeof argument !== 'object' || argument === null) return '';
  const about: readonly unknown[] = ['jobId', 'attemptId', 'workerId'].map((key) => Reflect.get(argument, key));
  return about
    .filter((id) => typeof id === 'string')
    .map(shortId)
    .join(' ');
}
