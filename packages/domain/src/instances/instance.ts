import type { EpochMs } from '../clock.ts';
import type { InstallationId } from '../ids.ts';

/**
 * The fencing token of one life of one instance of the control plane. Epochs only grow. What an instance
 * owns carries its epoch, and a write with another epoch than the row's is refused.
 */
export type Epoch = number;

/** One life of one control-plane process, with its lease. */
export interface Instance {
  readonly epoch: Epoch;
  readonly installationId: InstallationId;
  /** Host and process, for people. */
  readonly name: string;
  readonly leaseExpiresAt: EpochMs;
  /** Whether it keeps its part of the pools' workers waiting. */
  readonly keepsPools: boolean;
}
