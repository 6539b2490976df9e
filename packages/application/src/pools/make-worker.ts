import {
  parseWorkerId,
  toHodeiError,
  type Demand,
  type EpochMs,
  type HodeiError,
  type Pool,
  type PoolTemplate,
  type WorkerProvider,
  type WorkerSpec,
} from '@hodei/domain';

import { outcomeOfError } from '../attempts/outcome-of.ts';
import type { Phases } from '../attempts/follow-attempt.ts';
import { recordReady } from '../attempts/record-launch.ts';
import type { JobRunner } from '../dispatch/job-runner.ts';
import type { Selection } from '../registry/provider-selector.ts';
import type { JobContext } from '../support/job-context.ts';
import { notesStarting } from '../telemetry/attempt-report.ts';
import { startPhases, type StartMoments } from '../telemetry/start-phases.ts';
import type { IdleWorkers } from './idle-workers.ts';

/** A worker of a pool takes no job in the last part of its life: a job may take as long as it likes. */
const LAST_PART_MS = 60_000;

/** What became of making a worker. */
export type Made =
  | { readonly kind: 'ready'; readonly tookMs: number }
  /** The pool has as many workers as it may have. */
  | { readonly kind: 'full' }
  | { readonly kind: 'failed'; readonly error: HodeiError };

/** What a template asks of a provider. */
export const demandOfTemplate = ({ resources, network, requirements, architecture }: PoolTemplate): Demand => ({
  resources,
  network,
  requirements: { ...requirements, ...(architecture === undefined ? {} : { architecture }) },
});

/**
 * Makes one worker for a pool and lets it wait: intent before effect, as for a job. Where anything fails, what was
 * made is destroyed.
 * @param selection the provider; its place is given back as soon as the worker's row is stored, or won't be.
 */
export async function makeWorker(
  context: JobContext & { readonly idle: IdleWorkers },
  runner: JobRunner,
  pool: Pool,
  selection: Selection,
  signal: AbortSignal,
): Promise<Made> {
  const { idle, clock, ids, instance, policy, repositories, telemetry } = context;
  const { provider, pace } = selection;
  const { name, template } = pool;
  const { image, resources } = template;
  const workerId = parseWorkerId(ids.uuid());
  const at = clock.now();
  const expiresAt = at + policy.workerLifetimeMs;
  const row = { workerId, image, resources, expiresAt, pool: name, providerId: provider.id, epoch: instance.epoch, at };
  idle.make(workerId, name);
  let isStored = false;
  const moments: StartMoments = {};
  const phases: Phases = {};
  const told = (isReady: boolean): void =>
    telemetry?.poolWorkerMade({ pool: name, isReady, startPhases: startPhases(undefined, 1, phases, moments) });
  try {
    const worker = await repositories.workers.insertForPool(row);
    isStored = true;
    moments.begun = clock.now();
    selection[Symbol.dispose](); // from here on, the worker's row holds its place
    try {
      const spec = specOf(context, pool, provider, workerId, expiresAt);
      await provider.prepareImage(spec, { signal });
      phases.imageReady = clock.now();
      const onProgress = notesStarting(moments, () => clock.now());
      const make = () => provider.createWorker(spec, { signal, onProgress });
      const { made: handle, tookMs } = await pace.run('pool', signal, make);
      phases.workerReady = clock.now();
      await recordReady(context, { workerId, epoch: instance.epoch }, handle);
      const idleSince = clock.now();
      const reusable = spec.reusable === true;
      const waits = { workerId, pool: name, template, provider, handle, idleSince, jobsRun: 0, reusable };
      idle.wait({ ...waits, expiresAt: expiresAt - LAST_PART_MS });
      told(true);
      return { kind: 'ready', tookMs };
    } catch (error) {
      told(false);
      idle.forget(workerId);
      if (!context.lost.aborted) runner.clean({ ...worker, termination: outcomeOfError(toHodeiError(error)) });
      throw error;
    }
  } catch (thrown) {
    selection[Symbol.dispose]();
    idle.forget(workerId);
    const error = toHodeiError(thrown);
    // A row whose insert was not answered is found among what this instance owns, and cleaned up.
    return !isStored && error.code === 'limit_exceeded' ? { kind: 'full' } : { kind: 'failed', error };
  }
}

/** Where the provider does not reuse or share, each job gets a worker and a network of its own, as ever. */
function specOf(
  context: JobContext,
  { name, template, maxJobsPerWorker }: Pool,
  provider: WorkerProvider,
  workerId: WorkerSpec['workerId'],
  expiresAt: EpochMs,
): WorkerSpec {
  const { installationId } = context.instance;
  const { image, resources, network, labels, architecture, shareNetwork, tenant = '' } = template;
  const { pullPolicy } = context.policy;
  const { reuse, sharedNetwork } = provider.capabilities();
  return {
    workerId,
    installationId,
    image,
    pullPolicy,
    resources,
    network,
    labels,
    expiresAt,
    ...(architecture === undefined ? {} : { architecture }),
    ...(maxJobsPerWorker > 1 && reuse ? { reusable: true } : {}),
    ...(shareNetwork && sharedNetwork ? { sharedNetworkKey: `${name}/${tenant}` } : {}),
  };
}
