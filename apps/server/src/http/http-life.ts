import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';

import { HistoryTail, type Idempotency, type JobContext, type JobRunner } from '@hodei/application';
import type { HistoryRepository } from '@hodei/domain';

import type { MetricsSource } from '../metrics/metrics.ts';
import { idempotencyBy } from './jobs/idempotency.ts';
import { shareReads } from './share-reads.ts';
import type { StreamSlots } from './stream-slots.ts';

/** As long as there are no more streams, each reads at once; it costs little, and first bytes are seen soonest. */
const FEW_STREAMS = 16;
/** Else they gather for so long, in milliseconds: those that were woken together fall apart while they send. */
const GATHER_MS = 25;

/** One life of this instance, as the routes see it. */
export interface HttpLife {
  readonly context: JobContext;
  /** Runs what is placed on a waiting worker right away. */
  readonly runner: JobRunner;
  /** The same store, for many who follow the same: reads of one moment are made once. */
  readonly following: Pick<JobContext, 'repositories' | 'hub'> & {
    readonly history: Pick<HistoryRepository, 'list'>;
    readonly tail: HistoryTail;
  };
  /** Makes a submission that is sent twice one job. @param keySpace whose keys these are. */
  idempotencyOf(keySpace: string, key: string, request: unknown): Idempotency;
  /** Aborts when this life ends: who waits is answered, streams end, and go on elsewhere. */
  readonly over: AbortSignal;
  /** How busy the connections of its store are. */
  readonly connections?: MetricsSource['connections'];
}

export function beginHttpLife(params: {
  readonly context: JobContext;
  readonly runner: JobRunner;
  readonly sealingKey: Uint8Array;
  readonly over: AbortSignal;
  readonly streams: StreamSlots;
  readonly connections?: MetricsSource['connections'];
}): HttpLife {
  const { context, runner, sealingKey, over, streams, connections } = params;
  const { repositories, hub, clock } = context;
  const { jobs, logs, history } = repositories;
  const gather = (): Promise<void> => (streams.taken <= FEW_STREAMS ? nextTurn() : delay(GATHER_MS));
  const share = <Arguments, Result>(read: (args: Arguments) => Promise<Result>) => shareReads(read, gather);
  return {
    context,
    runner,
    over,
    connections,
    idempotencyOf: idempotencyBy(sealingKey),
    following: {
      hub,
      repositories: {
        ...repositories,
        jobs: override(jobs, { get: share((id: Parameters<typeof jobs.get>[0]) => jobs.get(id)) }),
        logs: override(logs, { read: share((query: Parameters<typeof logs.read>[0]) => logs.read(query)) }),
      },
      history: { list: share((query: Parameters<typeof history.list>[0]) => history.list(query)) },
      tail: new HistoryTail({ history, hub, clock }),
    },
  };
}

/** The same object with other methods; its own keep their private fields. */
function override<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(_, name) {
      const own: unknown = Reflect.get(methods, name);
      if (own !== undefined) return own;
      const method: unknown = Reflect.get(target, name, target);
      return typeof method === 'function' ? (method.bind(target) as unknown) : method;
    },
  });
}
