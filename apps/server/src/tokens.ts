import type {
  ChangeHub,
  Diagnostics,
  IdleWorkers,
  JobContext,
  JobRunner,
  ProviderRegistry,
  Telemetry,
} from '@hodei/application';
import type { Clock, IdGenerator, Instance, Repositories, SecretSealer } from '@hodei/domain';
import type { InjectionToken } from 'tsyringe';

import type { Settings } from './settings/parse-settings.ts';

// In a module of their own and typed: a token made where it is used would resolve as `unknown`.
export const SETTINGS: InjectionToken<Settings> = Symbol('Settings');
export const CLOCK: InjectionToken<Clock> = Symbol('Clock');
export const IDS: InjectionToken<IdGenerator> = Symbol('IdGenerator');
export const DIAGNOSTICS: InjectionToken<Diagnostics> = Symbol('Diagnostics');
/** Registered only where somebody measures. */
export const TELEMETRY: InjectionToken<Telemetry> = Symbol('Telemetry');
export const REPOSITORIES: InjectionToken<Repositories> = Symbol('Repositories');
export const CHANGE_HUB: InjectionToken<ChangeHub> = Symbol('ChangeHub');
export const SEALING_KEY: InjectionToken<Uint8Array> = Symbol('SealingKey');
export const SECRET_SEALER: InjectionToken<SecretSealer> = Symbol('SecretSealer');
export const INSTANCE: InjectionToken<Instance> = Symbol('Instance');
export const LEASE_LOST: InjectionToken<AbortSignal> = Symbol('LeaseLost');
export const PROVIDER_REGISTRY: InjectionToken<ProviderRegistry> = Symbol('ProviderRegistry');
export const JOB_CONTEXT: InjectionToken<JobContext> = Symbol('JobContext');
export const JOB_RUNNER: InjectionToken<JobRunner> = Symbol('JobRunner');
export const IDLE_WORKERS: InjectionToken<IdleWorkers> = Symbol('IdleWorkers');
