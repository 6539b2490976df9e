import { HodeiError, RESOURCE_NAMES, type ProviderCapabilities, type WorkerSpec } from '@hodei/domain';

/** What an in-memory provider claims unless it is told otherwise: everything that a container engine can do. */
export const IN_MEMORY_CAPABILITIES: ProviderCapabilities = {
  maxResources: { cpu: 64, memoryBytes: 256 * 1024 ** 3, pids: 32_768 },
  minResources: { memoryBytes: 6 * 1024 ** 2 },
  enforcedLimits: ['cpu', 'memoryBytes', 'pids'],
  gpuTypes: [],
  architectures: ['amd64'],
  runtimes: [],
  regions: [],
  persistentStorage: false,
  customNetworking: true,
  launchModes: ['order', 'direct'],
  watch: true,
  retainedLogs: true,
  recovery: true,
  reuse: true,
  sharedNetwork: true,
  features: [],
  labels: {},
};

/** @throws HodeiError `unsupported` for what is not claimed, `limit_exceeded` for too much or too little of it. */
export function assertWithin(capabilities: ProviderCapabilities, spec: WorkerSpec): void {
  for (const name of RESOURCE_NAMES) {
    const asked = spec.resources[name];
    if (asked === undefined || (name === 'gpu' && asked === 0)) continue;
    assertClaimed(capabilities.enforcedLimits.includes(name), `a limit of ${name}`);
    const most = capabilities.maxResources[name] ?? Infinity;
    const least = capabilities.minResources[name] ?? 0;
    if (asked >= least && asked <= most) continue;
    throw new HodeiError('limit_exceeded', `${name} ${asked} is out of bounds; from ${least} to ${most} is possible`);
  }
  const { architecture } = spec;
  assertClaimed(
    architecture === undefined || capabilities.architectures.includes(architecture),
    `architecture ${architecture}`,
  );
  const mode = spec.direct === undefined ? 'order' : 'direct';
  assertClaimed(capabilities.launchModes.includes(mode), `a launch by ${mode}`);
  assertClaimed(spec.reusable === undefined || capabilities.reuse, 'reuse of a worker');
  assertClaimed(spec.sharedNetworkKey === undefined || capabilities.sharedNetwork, 'sharing of an empty network');
  assertClaimed(spec.network === 'none' || capabilities.customNetworking, `network ${spec.network}`);
}

/** @throws HodeiError `unsupported` */
export function assertClaimed(claimed: boolean, what: string): void {
  if (!claimed) throw new HodeiError('unsupported', `this provider does not do ${what}; its capabilities say so`);
}
