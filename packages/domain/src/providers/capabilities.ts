import type { ResourceName, Resources } from './resources.ts';

/** How a job gets into a worker; see {@link LaunchOrder} for `order`, {@link DirectLaunch} for `direct`. */
export type LaunchMode = 'order' | 'direct';

/**
 * What a provider can do, as data. A provider reports what it found out about its engine; the conformance
 * suite asserts that what is claimed works and what is not claimed fails with the typed code.
 */
export interface ProviderCapabilities {
  /** The most one worker may ask for; an absent field has no bound known to the provider. */
  readonly maxResources: Resources;
  /** What all workers together have to share; an absent field has no bound known to the provider. */
  readonly totalResources?: Resources;
  /** The least one worker may ask for, where the engine has a minimum. */
  readonly minResources: Resources;
  /** The limits that this provider really enforces. Asking for another one is refused, never dropped. */
  readonly enforcedLimits: readonly ResourceName[];
  /** GPU models, empty where there are none. */
  readonly gpuTypes: readonly string[];
  /** As Go and OCI name them: `amd64`, `arm64`. */
  readonly architectures: readonly string[];
  /** Container runtimes or the like: `runc`, `runsc`. */
  readonly runtimes: readonly string[];
  readonly regions: readonly string[];
  /** The longest a job may run here, in milliseconds; absent where unbounded. */
  readonly maxExecutionMs?: number;
  readonly persistentStorage: boolean;
  /** Whether a job may name a network other than `none`. */
  readonly customNetworking: boolean;
  readonly launchModes: readonly LaunchMode[];
  /** Whether {@link WorkerProvider.watchWorkers} reports changes by itself. */
  readonly watch: boolean;
  /** Whether logs of an ended worker can be read until it is destroyed. */
  readonly retainedLogs: boolean;
  /** Whether {@link WorkerProvider.recoverWorker} can take up a worker that another process launched. */
  readonly recovery: boolean;
  /** Whether a worker can be made with {@link WorkerSpec.reusable}. */
  readonly reuse: boolean;
  /** Whether workers can share an empty network by {@link WorkerSpec.sharedNetworkKey}. */
  readonly sharedNetwork: boolean;
  /** Anything else, by name; requirements match against it all-of. */
  readonly features: readonly string[];
  /** Free labels of the provider; requirements match against them all-of. */
  readonly labels: Readonly<Record<string, string>>;
}
