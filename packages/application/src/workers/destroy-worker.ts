import {
  HodeiError,
  isHodeiError,
  toHodeiError,
  type Outcome,
  type WorkerId,
  type WorkerProvider,
  type WorkerState,
} from '@hodei/domain';

import { backoffMs } from '../support/backoff.ts';
import type { JobContext } from '../support/job-context.ts';
import { persist, persistChange } from '../support/persist.ts';

/**
 * Destroys a worker and records it as `terminated`. Tries until it is gone: failing to destroy is never the
 * end of it, unless the signal aborts or another instance owns the worker now.
 *
 * @throws the signal's reason when it aborts; HodeiError `stale_epoch`.
 */
export async function destroyWorker(
  context: Pick<JobContext, 'repositories' | 'clock' | 'diagnostics' | 'instance'>,
  provider: WorkerProvider,
  worker: {
    readonly workerId: WorkerId;
    readonly resourceId?: string;
    readonly gracePeriodMs: number;
    readonly termination: Outcome;
    /** That it is to be destroyed is stored already; absent: that is looked for. */
    readonly isTerminating?: boolean;
  },
  signal?: AbortSignal,
): Promise<void> {
  const { workers } = context.repositories;
  const { workerId, termination } = worker;
  const { epoch } = context.instance;
  // Another task of this instance may move it meanwhile: then look again. Nothing is destroyed that its row keeps.
  const first = worker.isTerminating ? 'terminating' : await ownState();
  for (let state = first; state !== 'terminating'; state = await ownState()) {
    if (state === 'terminated') return;
    if (await move(state, 'terminating')) break;
  }
  for (let tries = 0; ; tries += 1) {
    // Whoever was stopped meanwhile may own it no longer: then it is not theirs to destroy.
    if (tries > 0) await ownState();
    try {
      await provider.destroyWorker(worker, { gracePeriodMs: worker.gracePeriodMs, ...(signal ? { signal } : {}) });
      break;
    } catch (error) {
      signal?.throwIfAborted();
      context.diagnostics.warn('a worker could not be destroyed; trying again', {
        workerId,
        tries,
        error: toHodeiError(error),
      });
      await context.clock.sleep(backoffMs(tries), signal);
    }
  }
  await move('terminating', 'terminated');

  async function ownState(): Promise<WorkerState> {
    const row = await persist(context, () => workers.get(workerId), notYet, signal);
    if (row.epoch === epoch) return row.state;
    throw new HodeiError('stale_epoch', `worker ${workerId} is owned by epoch ${row.epoch}, not by ${epoch}`);
  }

  /** @returns false where it was in another state. */
  async function move(from: WorkerState, to: WorkerState): Promise<boolean> {
    const at = context.clock.now();
    try {
      await persistChange(
        context,
        () => workers.transition({ workerId, epoch, from, to, at, termination }),
        async () => (await workers.get(workerId)).state === to,
        signal,
      );
      return true;
    } catch (error) {
      if (!isHodeiError(error, 'conflict')) throw error;
      return false;
    }
  }
}

const notYet = (): Promise<undefined> => Promise.resolve(undefined);
