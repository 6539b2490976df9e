import type { JobContext } from '@hodei/application';
import { isHodeiError, isTerminalWorkerState, type Epoch, type ListedWorker, type ProviderId } from '@hodei/domain';

/** What is on an engine, and which of it is nobody's any more. */
export interface Leftovers {
  /** How many workers of this installation the engine has. */
  readonly listed: number;
  /** Those whose row says that they are gone, or whose owner is dead, or that have no row. */
  readonly leftovers: readonly ListedWorker[];
}

/** Compares the engine's workers with the rows. @throws HodeiError as {@link WorkerProvider.listWorkers}. */
export async function findLeftovers(context: JobContext, providerId: ProviderId): Promise<Leftovers> {
  const listed = await context.registry.provider(providerId).listWorkers(context.instance.installationId);
  const owners = new Set((await context.repositories.instances.listLive()).map(({ epoch }) => epoch));
  const owned = await Promise.all(listed.map((worker) => isOwned(context, worker, owners)));
  return { listed: listed.length, leftovers: listed.filter((_, index) => owned[index] !== true) };
}

async function isOwned(
  { repositories }: JobContext,
  { workerId }: ListedWorker,
  owners: ReadonlySet<Epoch>,
): Promise<boolean> {
  try {
    const worker = await repositories.workers.get(workerId);
    return !isTerminalWorkerState(worker.state) && owners.has(worker.epoch);
  } catch (error) {
    if (isHodeiError(error, 'not_found')) return false;
    throw error;
  }
}
