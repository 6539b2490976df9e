import { isHodeiError, type Clock, type Instance, type InstanceRepository } from '@hodei/domain';

import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Diagnostics } from './diagnostics.ts';

/** How long a lease lasts, in milliseconds: what an instance owns may be taken over after this much silence. */
export const LEASE_MS = 4000;

/** Four tries fit into one lease. */
const RENEW_EVERY_MS = 1000;

/**
 * Renews this instance's lease until the signal aborts. A database that is away is waited for.
 * @throws HodeiError `stale_epoch` where the lease ran out: this life is over, its work belongs to others.
 */
export async function keepLease(
  context: {
    readonly instances: InstanceRepository;
    readonly clock: Clock;
    readonly diagnostics: Diagnostics;
    readonly telemetry?: Telemetry | undefined;
  },
  instance: Pick<Instance, 'epoch'>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await context.clock.sleep(RENEW_EVERY_MS, signal);
      await context.instances.renew({ epoch: instance.epoch, leaseMs: LEASE_MS });
      context.telemetry?.leaseRenewed('renewed');
    } catch (error) {
      if (signal.aborted) return;
      const isLost = !isHodeiError(error, 'database_unavailable');
      context.telemetry?.leaseRenewed(isLost ? 'lost' : 'failed');
      if (isLost) throw error;
      context.diagnostics.warn('the lease could not be renewed', { error });
    }
  }
}
