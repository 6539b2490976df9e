import {
  toHodeiError,
  type EpochMs,
  type ListedWorker,
  type Worker,
  type WorkerId,
  type WorkerProvider,
} from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';

/** A worker without a row is looked at again after this many milliseconds before it is destroyed. */
export const ORPHAN_GRACE_MS = 5000;

/** So many workers without a row are destroyed at a time; the next look takes more. */
const DESTROYED_AT_ONCE = 16;

type ReconcilerContext = Pick<JobContext, 'repositories' | 'clock' | 'diagnostics' | 'instance' | 'lost' | 'telemetry'>;

/** What one look at a provider found. */
export interface Reconciliation {
  /** Workers the engine has. */
  readonly listed: number;
  /** Workers no row wants: seen for the first time, in their grace period, or being destroyed. */
  readonly orphans: number;
  /** The workers of this instance, as they are after the look. */
  readonly owned: readonly Worker[];
  /** Those that have ended on the engine. */
  readonly ended: ReadonlySet<WorkerId>;
}

/**
 * Compares what one provider has with what the rows say: records which workers were seen, and destroys what no row
 * wants. One list call and one query a look, however many jobs there were.
 *
 * In two phases: a worker is only destroyed when two looks, a grace period apart, found no row for it. Only
 * workers with this installation's and this provider's labels are ever listed, so nothing else can be touched.
 */
export class WorkerReconciler {
  readonly #context: ReconcilerContext;
  readonly #provider: WorkerProvider;
  readonly #suspects = new Map<string, EpochMs>();
  readonly #destroying = new Map<string, Promise<void>>();

  constructor(context: ReconcilerContext, provider: WorkerProvider) {
    this.#context = context;
    this.#provider = provider;
  }

  /**
   * One look. What is to be destroyed is, in the background; see {@link idle}.
   * @throws what listing and recording throw; the next look goes on.
   */
  async step(signal: AbortSignal = this.#context.lost): Promise<Reconciliation> {
    const { clock, instance, repositories } = this.#context;
    const { epoch, installationId } = instance;
    const at = clock.now();
    // In this order: a row is stored before its worker is made, so what is listed has its row by now.
    const listed = await this.#provider.listWorkers(installationId, { signal });
    const live = await repositories.workers.observe({ providerId: this.#provider.id, epoch, at, listed });
    const wanted = new Set(live.map(({ id }) => id));
    const orphans = listed.filter(({ workerId }) => !wanted.has(workerId));
    this.#forgetOthers(orphans);
    const due = orphans.filter((orphan) => clock.now() - this.#suspectedAt(orphan) >= ORPHAN_GRACE_MS);
    for (const orphan of due) this.#destroy(orphan, signal);
    return {
      listed: listed.length,
      orphans: orphans.length,
      owned: live.filter((worker) => worker.epoch === epoch),
      ended: new Set(listed.filter(({ state }) => state === 'terminated').map(({ workerId }) => workerId)),
    };
  }

  /** Resolves when nothing is being destroyed any more. */
  async idle(): Promise<void> {
    while (this.#destroying.size > 0) await Promise.all(this.#destroying.values());
  }

  /** Not waited for: one that its engine can't get rid of holds up no look. The next look tries again. */
  #destroy({ workerId, resourceId, state }: ListedWorker, signal: AbortSignal): void {
    if (this.#destroying.has(resourceId) || this.#destroying.size >= DESTROYED_AT_ONCE || signal.aborted) return;
    const { diagnostics } = this.#context;
    const facts = { workerId, resourceId, state, providerId: this.#provider.id };
    diagnostics.warn('a worker that no row wants is destroyed', facts);
    this.#context.telemetry?.leakFound();
    const destroyed = this.#provider
      .destroyWorker({ workerId, resourceId }, { gracePeriodMs: 0, signal })
      .catch((error: unknown) => {
        if (!signal.aborted)
          diagnostics.warn('a worker that no row wants could not be destroyed; trying again', {
            ...facts,
            error: toHodeiError(error),
          });
      })
      .finally(() => this.#destroying.delete(resourceId));
    this.#destroying.set(resourceId, destroyed);
  }

  #suspectedAt({ resourceId }: ListedWorker): EpochMs {
    const since = this.#suspects.get(resourceId) ?? this.#context.clock.now();
    this.#suspects.set(resourceId, since);
    return since;
  }

  #forgetOthers(orphans: readonly ListedWorker[]): void {
    const still = new Set(orphans.map(({ resourceId }) => resourceId));
    for (const key of this.#suspects.keys()) if (!still.has(key)) this.#suspects.delete(key);
  }
}
