/** What a worker may use. Every field is a hard limit; an absent one takes the provider's default. */
export interface Resources {
  /** CPU cores, may be fractional: 0.5 is half a core. */
  readonly cpu?: number;
  /** Bytes of memory. Swap is not given on top. */
  readonly memoryBytes?: number;
  /** How many processes and threads may exist at once. */
  readonly pids?: number;
  /** Bytes of writable disk. */
  readonly diskBytes?: number;
  /** How many GPUs. */
  readonly gpu?: number;
}

/** The names of the limits. */
export const RESOURCE_NAMES = [
  'cpu',
  'memoryBytes',
  'pids',
  'diskBytes',
  'gpu',
] as const satisfies readonly (keyof Resources)[];

/** See {@link RESOURCE_NAMES}. */
export type ResourceName = (typeof RESOURCE_NAMES)[number];
