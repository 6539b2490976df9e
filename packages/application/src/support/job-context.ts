import type { Clock, IdGenerator, Instance, Repositories, SecretSealer } from '@hodei/domain';

import type { Preparations } from '../attempts/preparations.ts';
import type { IdleWorkers } from '../pools/idle-workers.ts';
import type { ProviderRegistry } from '../registry/provider-registry.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { ChangeHub } from './change-hub.ts';
import type { Diagnostics } from './diagnostics.ts';
import type { JobPolicy } from './job-policy.ts';

/** All that running jobs needs. One an instance. */
export interface JobContext {
  readonly repositories: Repositories;
  readonly registry: ProviderRegistry;
  readonly hub: ChangeHub;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly sealer: SecretSealer;
  readonly diagnostics: Diagnostics;
  readonly policy: JobPolicy;
  /** How far this process is with the workers that it makes; absent: nobody asks. */
  readonly preparations?: Preparations;
  /** Is told what happens, to measure it; absent: nobody measures. */
  readonly telemetry?: Telemetry;
  /** The workers of pools that wait in this process; absent in one that keeps none. */
  readonly idle?: IdleWorkers;
  /** This life of this process; its epoch fences every write. */
  readonly instance: Pick<Instance, 'epoch' | 'installationId'>;
  /** Aborts, with a HodeiError `stale_epoch`, when this life is over: what it owned belongs to others. */
  readonly lost: AbortSignal;
}
