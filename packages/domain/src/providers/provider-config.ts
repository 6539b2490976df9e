import { assertOvercommit, type Capacity, type Overcommit } from './capacity.ts';
import type { EpochMs } from '../clock.ts';
import { HodeiError } from '../errors.ts';
import type { ProviderId } from '../ids.ts';
import type { HealthStatus } from './provider-health.ts';

/** What an operator decided. `maintenance` finishes what it has and takes nothing new; `disabled` too, for good. */
export type ProviderMode = 'active' | 'maintenance' | 'disabled';

/** What a provider's mode, health and load add up to. */
export type ProviderStatus = ProviderMode | 'overloaded' | 'unhealthy' | 'degraded';

/** A configured source of workers, as the database knows it. */
export interface ProviderConfig {
  readonly id: ProviderId;
  /** Unique in the installation. */
  readonly name: string;
  /** Which adapter makes it, like `docker`. */
  readonly type: string;
  readonly mode: ProviderMode;
  /** Higher is preferred by the `priority` strategy. */
  readonly priority: number;
  /** How many workers may live at once. */
  readonly maxWorkers: number;
  /** How much more than its engine has may be promised; see {@link DEFAULT_OVERCOMMIT} for what is absent. */
  readonly overcommit?: Overcommit;
  /** What may be promised to all its workers together: what its engine reported, overcommit counted in. */
  readonly capacity?: Capacity;
  /** Free labels; jobs may require them. */
  readonly labels: Readonly<Record<string, string>>;
  /** Settings that only the adapter of this type reads. Holds no secret. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
  /** Grows by one with each change; updates are compare-and-set on it. */
  readonly version: number;
}

/** What an operator gives to register a provider; the rest has defaults. */
export type ProviderInput = Pick<ProviderConfig, 'name' | 'type'> &
  Partial<Pick<ProviderConfig, 'mode' | 'priority' | 'maxWorkers' | 'overcommit' | 'labels' | 'settings'>>;

/** What an operator may change. */
export type ProviderPatch = Partial<
  Pick<ProviderConfig, 'name' | 'mode' | 'priority' | 'maxWorkers' | 'overcommit' | 'labels' | 'settings'>
>;

/** The seed's one status: the operator's mode first, then health, then load. */
export function providerStatus(
  mode: ProviderMode,
  health: HealthStatus,
  liveWorkers: number,
  maxWorkers: number,
): ProviderStatus {
  if (mode !== 'active') return mode;
  if (health === 'unhealthy' || health === 'unknown') return 'unhealthy';
  if (liveWorkers >= maxWorkers) return 'overloaded';
  return health === 'degraded' ? 'degraded' : 'active';
}

const MODES: readonly string[] = ['active', 'maintenance', 'disabled'] satisfies readonly ProviderMode[];

/** @throws HodeiError `unknown_value` */
export function parseProviderMode(text: string): ProviderMode {
  if (MODES.includes(text)) return text as ProviderMode;
  throw new HodeiError('unknown_value', `"${text}" is no mode of a provider; known are ${MODES.join(', ')}`);
}

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** @throws HodeiError `invalid_input`, naming the field and what would be right. */
export function assertProviderInput(input: ProviderPatch): void {
  const refuse = (message: string): never => {
    throw new HodeiError('invalid_input', message);
  };
  if (input.name !== undefined && !NAME.test(input.name)) {
    refuse(`provider name "${input.name}" must be 1 to 63 of a-z, 0-9 and "-", not beginning with "-"`);
  }
  if (input.mode !== undefined && !MODES.includes(input.mode)) refuse(`mode must be one of ${MODES.join(', ')}`);
  if (
    input.maxWorkers !== undefined &&
    !(Number.isInteger(input.maxWorkers) && input.maxWorkers >= 1 && input.maxWorkers <= 100_000)
  ) {
    refuse(`maxWorkers ${input.maxWorkers} must be a whole number from 1 to 100000`);
  }
  if (input.overcommit !== undefined) assertOvercommit(input.overcommit);
  if (input.priority !== undefined && !(Number.isInteger(input.priority) && Math.abs(input.priority) <= 1000)) {
    refuse(`priority ${input.priority} must be a whole number from -1000 to 1000`);
  }
}
