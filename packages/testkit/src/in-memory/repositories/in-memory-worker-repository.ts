import {
  canTransitionWorker,
  explainHeartbeatRefusal,
  type Epoch,
  HodeiError,
  isIdle,
  isTerminalWorkerState,
  parsePageRequest,
  toPage,
  transitionWorker,
  type EpochMs,
  type Load,
  type NewPoolWorker,
  type Page,
  type PoolCounts,
  type ProviderId,
  type Worker,
  type WorkerId,
  type WorkerQuery,
  type WorkerRepository,
  type WorkerState,
  WORKER_STATES,
} from '@hodei/domain';
import { assertRoom, loadOf } from './assert-room.ts';
import { changeWorkerState, storeNewWorker } from './change-worker-state.ts';
import type { InMemoryStore } from './in-memory-store.ts';
import { newestFirst } from './newest-first.ts';
import { assertAlive, assertOwner, assertStill, found, workerRow } from './rows.ts';
import { observeWorkers } from './observe-workers.ts';

type Ready = Parameters<WorkerRepository['markReady']>[0];
type Transition = Parameters<WorkerRepository['transition']>[0];

/** Workers in an {@link InMemoryStore}. */
export class InMemoryWorkerRepository implements WorkerRepository {
  readonly #store: InMemoryStore;

  readonly #now: () => EpochMs;

  constructor(store: InMemoryStore, now: () => EpochMs) {
    this.#store = store;
    this.#now = now;
  }

  async get(workerId: WorkerId): Promise<Worker> {
    return structuredClone(workerRow(this.#store, workerId));
  }

  async list(query: WorkerQuery): Promise<Page<Worker>> {
    const { limit, after } = parsePageRequest(query);
    const matching = [...this.#store.workers.values()].filter(
      ({ state, providerId }) =>
        (query.states === undefined || query.states.includes(state)) &&
        (query.providerId === undefined || query.providerId === providerId),
    );
    return structuredClone(toPage(newestFirst(matching, after, limit + 1), limit));
  }

  async countByPool(): Promise<ReadonlyMap<string, PoolCounts>> {
    const counts = new Map<string, PoolCounts>();
    for (const { pool, state } of this.#store.workers.values()) {
      if (pool === undefined || isTerminalWorkerState(state)) continue;
      const { idle, busy, other } = counts.get(pool) ?? { idle: 0, busy: 0, other: 0 };
      const isBusy = state === 'busy' || state === 'draining';
      counts.set(pool, {
        idle: idle + Number(state === 'ready'),
        busy: busy + Number(isBusy),
        other: other + Number(state !== 'ready' && !isBusy),
      });
    }
    return counts;
  }

  async countLive(): Promise<ReadonlyMap<ProviderId, number>> {
    const counts = new Map<ProviderId, number>();
    for (const { providerId, state } of this.#store.workers.values()) {
      if (!isTerminalWorkerState(state)) counts.set(providerId, (counts.get(providerId) ?? 0) + 1);
    }
    return counts;
  }

  async loads(): Promise<ReadonlyMap<ProviderId, Load>> {
    const ids = new Set([...(await this.countLive()).keys(), ...this.#store.setAside.keys()]);
    return new Map([...ids].map((id) => [id, loadOf(this.#store, id)]));
  }

  async insertForPool(wanted: NewPoolWorker): Promise<Worker> {
    const { workerId, providerId, pool, epoch, at, resources } = wanted;
    const { maxWorkers } = found(this.#store.pools.get(pool), 'pool', pool);
    found(this.#store.providers.get(providerId), 'provider', providerId);
    assertAlive(this.#store, epoch, this.#now());
    assertStill(!this.#store.workers.has(workerId), `worker ${workerId} exists already`);
    const live = [...this.#store.workers.values()].filter(
      (worker) => worker.pool === pool && !isTerminalWorkerState(worker.state),
    );
    if (live.length >= maxWorkers) {
      throw new HodeiError('limit_exceeded', `pool ${pool} has ${live.length} of ${maxWorkers} workers`);
    }
    assertRoom(this.#store, wanted, resources);
    return structuredClone(storeNewWorker(this.#store, wanted, { providerId, epoch, pool }, at));
  }

  async countByState(): Promise<Readonly<Record<WorkerState, number>>> {
    const counts = Object.fromEntries(WORKER_STATES.map((state) => [state, 0])) as Record<WorkerState, number>;
    for (const { state } of this.#store.workers.values()) counts[state] += 1;
    return counts;
  }

  async observe(look: Parameters<WorkerRepository['observe']>[0]): Promise<readonly Worker[]> {
    return structuredClone(observeWorkers(this.#store, look).toSorted(byAge));
  }

  async requestEnd(request: Parameters<WorkerRepository['requestEnd']>[0]): Promise<Worker> {
    const { workerId, kind, at, by } = request;
    const worker = workerRow(this.#store, workerId);
    const stands = worker.endRequest !== undefined && (worker.endRequest.kind === kind || kind === 'drain');
    if (worker.state === 'terminating' || worker.state === 'terminated' || stands) return structuredClone(worker);
    const asked = { ...worker, endRequest: { kind, at, by } };
    this.#store.workers.set(workerId, asked);
    const { providerId, jobId } = worker;
    const about = { workerId, providerId, ...(jobId === undefined ? {} : { jobId }) };
    this.#store.record({ at, kind: `worker.${kind}_requested`, ...about, data: { by } });
    this.#store.announce({ kind: 'worker', workerId });
    return structuredClone(asked);
  }

  async setToken({ workerId, epoch, hash }: Parameters<WorkerRepository['setToken']>[0]): Promise<void> {
    this.#listensTo(workerId, epoch);
    this.#store.workerTokens.set(workerId, { epoch, hash });
  }

  async reportHeartbeat(report: Parameters<WorkerRepository['reportHeartbeat']>[0]): Promise<Worker> {
    const { workerId, epoch, hash, nextHash, heartbeat } = report;
    const worker = this.#listensTo(workerId, epoch);
    const token = this.#store.workerTokens.get(workerId);
    if (token?.epoch !== epoch || (token.hash !== hash && token.nextHash !== hash))
      throw explainHeartbeatRefusal(worker, epoch);
    this.#store.workerTokens.set(workerId, { epoch, hash, nextHash });
    const reported = { ...worker, heartbeat: structuredClone(heartbeat) };
    this.#store.workers.set(workerId, reported);
    return structuredClone(reported);
  }

  #listensTo(workerId: WorkerId, epoch: Epoch): Worker {
    const worker = workerRow(this.#store, workerId);
    if (worker.epoch === epoch && canTransitionWorker(worker.state, 'terminating')) return worker;
    throw explainHeartbeatRefusal(worker, epoch);
  }

  async retire({ workerId, epoch, at, termination }: Parameters<WorkerRepository['retire']>[0]): Promise<Worker> {
    const worker = workerRow(this.#store, workerId);
    assertOwner('worker', worker, epoch);
    assertStill(isIdle(worker), `worker ${workerId} is ${worker.state}, and not idle`);
    return structuredClone(changeWorkerState(this.#store, worker, { to: 'draining', at, termination }));
  }

  async markReady(ready: Ready): Promise<void> {
    const worker = workerRow(this.#store, ready.workerId);
    assertOwner('worker', worker, ready.epoch);
    const waited = worker.state === 'creating' || worker.state === 'connecting';
    assertStill(waited, `worker ${worker.id} is ${worker.state}, neither creating nor connecting`);
    changeWorkerState(this.#store, worker, { to: 'ready', at: ready.at, handle: ready.handle });
  }

  async transition(change: Transition): Promise<void> {
    transitionWorker(change.from, change.to);
    const worker = workerRow(this.#store, change.workerId);
    assertOwner('worker', worker, change.epoch);
    assertStill(worker.state === change.from, `worker ${worker.id} is ${worker.state}, not ${change.from}`);
    changeWorkerState(this.#store, worker, change);
  }
}

const byAge = (a: Worker, b: Worker): number => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);
