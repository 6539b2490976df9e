import type { Moment, Resources } from './job.ts';

/** What an operator decided of a provider. */
export type ProviderMode = 'active' | 'maintenance' | 'disabled';

/** How many times what its engine has may be promised to workers; where absent, CPU four times and memory once. */
export interface Overcommit {
  readonly cpu?: number;
  readonly memory?: number;
}

/** What the engine of a provider was found to be able to do. */
export interface ProviderCapabilities {
  readonly maxResources: Resources;
  readonly minResources: Resources;
  /** What its workers may have together. */
  readonly totalResources?: Resources;
  /** The resources whose limits it really enforces. */
  readonly enforcedLimits: readonly (keyof Resources)[];
  readonly gpuTypes: readonly string[];
  readonly architectures: readonly string[];
  readonly runtimes: readonly string[];
  readonly regions: readonly string[];
  readonly maxExecutionMs?: number;
  readonly persistentStorage: boolean;
  readonly customNetworking: boolean;
  readonly launchModes: readonly ('order' | 'direct')[];
  readonly watch: boolean;
  readonly retainedLogs: boolean;
  readonly recovery: boolean;
  readonly reuse: boolean;
  readonly sharedNetwork: boolean;
  readonly features: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** A provider as the server knows it. */
export interface Provider {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly mode: ProviderMode;
  readonly version: number;
  /** Mode, health and load in one word. */
  readonly status: 'active' | 'degraded' | 'overloaded' | 'unhealthy' | 'maintenance' | 'disabled';
  readonly health: {
    readonly status: 'healthy' | 'degraded' | 'unhealthy' | 'unknown';
    readonly reasons: readonly string[];
    readonly checkedAt: Moment;
    readonly latencyMs?: number;
    readonly engine?: string;
  };
  readonly breaker: 'closed' | 'open' | 'half_open';
  readonly liveWorkers: number;
  readonly maxWorkers: number;
  readonly overcommit?: Overcommit;
  /** What may be promised to all its workers together; absent while its engine was not reached. */
  readonly capacity?: { readonly cpu?: number; readonly memoryBytes?: number };
  readonly priority: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, unknown>>;
  /** What its engine was found to be able to do; absent while it was not reached. */
  readonly capabilities?: ProviderCapabilities;
  readonly createdAt: Moment;
  readonly updatedAt: Moment;
}

/** What may be set of a provider. */
export interface ProviderChanges {
  readonly name?: string;
  readonly mode?: ProviderMode;
  readonly priority?: number;
  readonly maxWorkers?: number;
  readonly overcommit?: Overcommit;
  readonly labels?: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** A provider to be added. */
export interface ProviderInput extends ProviderChanges {
  readonly name: string;
  /** The adapter, like `docker`. */
  readonly type: string;
}
