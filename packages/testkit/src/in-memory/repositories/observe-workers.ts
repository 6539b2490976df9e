import { isTerminalWorkerState, type Worker, type WorkerId, type WorkerRepository } from '@hodei/domain';
import type { InMemoryStore } from './in-memory-store.ts';

type Look = Parameters<WorkerRepository['observe']>[0];

/** See `WorkerRepository.observe`. */
export function observeWorkers(store: InMemoryStore, look: Look): readonly Worker[] {
  const listed = new Map(look.listed.map((one) => [one.workerId, one]));
  const live = [...store.workers.values()].filter(
    ({ providerId, state }) => providerId === look.providerId && !isTerminalWorkerState(state),
  );
  return live.map((worker) => {
    const seen = observed(worker, look, listed);
    if (seen !== worker) store.workers.set(worker.id, seen);
    return seen;
  });
}

function observed(worker: Worker, { epoch, at }: Look, listed: ReadonlyMap<WorkerId, Look['listed'][number]>): Worker {
  if (worker.epoch !== epoch) return worker;
  const seen = listed.get(worker.id);
  if (seen === undefined) {
    const expected = worker.state === 'ready' || worker.state === 'busy' || worker.state === 'draining';
    return expected && worker.stateChangedAt < at ? { ...worker, missingSince: worker.missingSince ?? at } : worker;
  }
  const { missingSince: _, trouble: __, ...rest } = worker;
  return { ...rest, lastSeenAt: at, ...(seen.trouble === undefined ? {} : { trouble: seen.trouble }) };
}
