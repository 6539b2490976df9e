import type { EpochMs, ListedWorker, WorkerProvider } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';

/** A worker without a row is looked at again after this many milliseconds before it is destroyed. */
export const ORPHAN_GRACE_MS = 5000;

type ReconcilerContext = Pick<JobContext, 'repositories' | 'clock' | 'diagnostics' | 'instance' | 'lost'>;

/** What one look at a provider found. */
export interface Reconciliation {
  /** Workers the engine has. */
  readonly listed: number;
  /** Workers no row wants, seen for the first time or still in their grace period. */
  readonly suspected: number;
  /** Workers no row wanted for the whole grace period: destroyed now. */
  readonly destroyed: number;
}

/**
 * Compares what a provider has with what the rows say, and destroys what no row wants. One list call and one
 * query, however many jobs there were.
 *
 * In two phases: a worker is only destroyed when two looks, a grace period apart, found no row for it. Only
 * workers with this installation's and this provider's labels are ever listed, so nothing else can be touched.
 */
export class WorkerReconciler {
  readonly #context: ReconcilerContext;
  readonly #suspects = new Map<string, EpochMs>();

  constructor(context: ReconcilerContext) {
    this.#context = context;
  }

  /** One look at one provider. @throws what listing, reading and destroying throw; the next look goes on. */
  async step(provider: WorkerProvider): Promise<Reconciliation> {
    const { clock, instance, lost, repositories } = this.#context;
    // In this order: a row is stored before its worker is made, so what is listed has its row by now.
    const listed = await provider.listWorkers(instance.installationId, { signal: lost });
    const wanted = new Set((await repositories.ownership.listLiveWorkers(provider.id)).map(({ id }) => id));
    const orphans = listed.filter(({ workerId }) => !wanted.has(workerId));
    this.#forgetOthers(provider, orphans);
    const due = orphans.filter((orphan) => clock.now() - this.#suspectedAt(provider, orphan) >= ORPHAN_GRACE_MS);
    for (const { workerId, resourceId, state } of due) {
      lost.throwIfAborted();
      this.#context.diagnostics.warn('a worker that no row wants is destroyed', {
        workerId,
        resourceId,
        state,
        providerId: provider.id,
      });
      await provider.destroyWorker({ workerId, resourceId }, { gracePeriodMs: 0, signal: lost });
    }
    return { listed: listed.length, suspected: orphans.length - due.length, destroyed: due.length };
  }

  #suspectedAt(provider: WorkerProvider, orphan: ListedWorker): EpochMs {
    const key = keyOf(provider, orphan);
    const since = this.#suspects.get(key) ?? this.#context.clock.now();
    this.#suspects.set(key, since);
    return since;
  }

  #forgetOthers(provider: WorkerProvider, orphans: readonly ListedWorker[]): void {
    const still = new Set(orphans.map((orphan) => keyOf(provider, orphan)));
    for (const key of this.#suspects.keys())
      if (key.startsWith(provider.id) && !still.has(key)) this.#suspects.delete(key);
  }
}

const keyOf = (provider: WorkerProvider, { resourceId }: ListedWorker): string => `${provider.id} ${resourceId}`;
