import {
  assertWorkerSpec,
  HodeiError,
  LABELS,
  LAUNCHER_SCRIPT,
  RESOURCE_NAMES,
  REUSABLE_LAUNCHER_SCRIPT,
  workerName,
  type ProviderCapabilities,
  type ProviderId,
  type ResourceName,
  type Resources,
  type WorkerSpec,
} from '@hodei/domain';
import type Docker from 'dockerode';

import type { DockerConfig } from '../config/docker-config.ts';

type HostConfig = NonNullable<Docker.ContainerCreateOptions['HostConfig']>;

/** What to ask the engine for. */
export interface ContainerConfig {
  readonly name: string;
  /** Like `linux/arm64`; absent: what the engine runs natively. */
  readonly platform?: string;
  readonly body: Docker.ContainerCreateOptions;
  /** Defaults of the provider that this engine can't enforce. */
  readonly warnings: readonly string[];
}

/** The network that a worker shares: its name in our label, and the container that holds it. */
export interface SharedNetwork {
  readonly name: string;
  readonly holderId: string;
}

const HOLDER_RESOURCES: Resources = { memoryBytes: 16 * 1024 * 1024, pids: 16 };

/**
 * With it docker-init (tini) passes a signal on to the whole process group of the job, so that a script's
 * children are asked to end and not only the script, which would wait for them. The launcher takes it out of
 * the job's environment; a direct worker's job sees it.
 */
const SIGNAL_WHOLE_GROUP = 'TINI_KILL_PROCESS_GROUP';

/**
 * What a worker is as a container: hardened, limited, labelled. Pure.
 *
 * @throws HodeiError `unsupported` for a limit that this engine does not enforce, an architecture that it does
 * not run, a launch mode that is not claimed or a network that workers may not join; `limit_exceeded` for more or less of a resource than it has.
 */
export function containerConfig(
  spec: WorkerSpec,
  config: DockerConfig,
  providerId: ProviderId,
  capabilities: ProviderCapabilities,
  shared?: SharedNetwork,
): ContainerConfig {
  assertWorkerSpec(spec);
  assertClaimed(spec, capabilities);
  assertNetwork(spec.network, config, capabilities);
  assertResources(spec.resources, capabilities);
  const { resources, warnings } = withDefaults(spec.resources, config.defaultResources, capabilities);
  return {
    name: workerName(spec.workerId),
    ...(spec.architecture === undefined ? {} : { platform: `linux/${spec.architecture}` }),
    warnings,
    body: {
      Image: spec.image,
      ...processOf(spec),
      // A check runs in the worker's namespace, where a reusable launcher would take it for a job's child.
      ...(spec.reusable === undefined ? {} : { Healthcheck: { Test: ['NONE'] } }),
      OpenStdin: spec.direct === undefined,
      StdinOnce: spec.direct === undefined,
      AttachStdin: spec.direct === undefined,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
      Labels: { ...labelsOf(spec, providerId), ...(shared === undefined ? {} : { [LABELS.network]: shared.name }) },
      ...(config.hardening.user === undefined ? {} : { User: config.hardening.user }),
      HostConfig: {
        NetworkMode: shared === undefined ? spec.network : `container:${shared.holderId}`,
        Init: true,
        AutoRemove: false,
        Privileged: false,
        RestartPolicy: { Name: 'no' },
        LogConfig: logConfig(config),
        ...hardening(config),
        ...limits(resources),
      },
    },
  };
}

/**
 * What holds a shared network: a shell that has stopped itself, and stops again whenever something continues it.
 * docker-init is above it: a first process could not stop itself. Pure.
 */
export function holderConfig(
  image: string,
  labels: Readonly<Record<string, string>>,
  config: DockerConfig,
  capabilities: ProviderCapabilities,
): Docker.ContainerCreateOptions {
  const { resources } = withDefaults({}, HOLDER_RESOURCES, capabilities);
  return {
    Image: image,
    Entrypoint: ['/bin/sh', '-c', 'while :; do kill -STOP $$; done'],
    Cmd: [],
    Labels: { ...labels },
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      NetworkMode: 'none',
      Init: true,
      AutoRemove: false,
      Privileged: false,
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'none', Config: {} },
      ...hardening({ ...config, hardening: { ...config.hardening, mounts: [] } }),
      ...limits(resources),
    },
  };
}

function processOf({ direct, reusable }: WorkerSpec): Docker.ContainerCreateOptions {
  if (direct === undefined) {
    const launcher = reusable === undefined ? LAUNCHER_SCRIPT : REUSABLE_LAUNCHER_SCRIPT;
    return {
      Entrypoint: ['/bin/sh', '-c', `unset ${SIGNAL_WHOLE_GROUP}; ${launcher}`],
      Cmd: [],
      Env: [`${SIGNAL_WHOLE_GROUP}=1`],
    };
  }
  return {
    ...(direct.argv.length === 0 ? {} : { Entrypoint: [...direct.argv], Cmd: [] }),
    ...(direct.workdir === undefined ? {} : { WorkingDir: direct.workdir }),
    Env: Object.entries({ [SIGNAL_WHOLE_GROUP]: '1', ...direct.env }).map(([name, value]) => `${name}=${value}`),
  };
}

/** The spec's own labels first: nothing of a job's can take the place of ours. */
const labelsOf = (spec: WorkerSpec, providerId: ProviderId): Record<string, string> => ({
  ...spec.labels,
  [LABELS.managed]: 'true',
  [LABELS.installation]: spec.installationId,
  [LABELS.provider]: providerId,
  [LABELS.worker]: spec.workerId,
  [LABELS.expiresAt]: new Date(spec.expiresAt).toISOString(),
  ...(spec.jobId === undefined ? {} : { [LABELS.job]: spec.jobId }),
});

/**
 * `local` keeps every byte; `json-file` replaces what is no UTF-8. Compression costs the engine more than it
 * saves before a worker is removed.
 */
const logConfig = ({ log }: DockerConfig): NonNullable<HostConfig['LogConfig']> => ({
  Type: log.driver,
  Config: { 'max-size': String(log.maxFileBytes), 'max-file': String(log.maxFiles), compress: 'false' },
});

function hardening({ hardening: box }: DockerConfig): HostConfig {
  return {
    CapDrop: ['ALL'],
    CapAdd: [...box.capAdd],
    SecurityOpt: [
      ...(box.noNewPrivileges ? ['no-new-privileges'] : []),
      ...(box.seccompProfile === undefined ? [] : [`seccomp=${box.seccompProfile}`]),
    ],
    ReadonlyRootfs: box.readOnlyRootfs,
    ...(box.runtime === undefined ? {} : { Runtime: box.runtime }),
    Mounts: box.mounts.map(({ type, source = '', target, readOnly }) => ({
      Type: type,
      Source: source,
      Target: target,
      ReadOnly: type !== 'tmpfs' && readOnly,
    })),
  };
}

function limits({ cpu, memoryBytes, pids, diskBytes, gpu }: Resources): HostConfig {
  return {
    ...(cpu === undefined ? {} : { NanoCpus: Math.round(cpu * 1e9) }),
    // MemorySwap counts memory and swap together: equal means no swap.
    ...(memoryBytes === undefined ? {} : { Memory: memoryBytes, MemorySwap: memoryBytes }),
    ...(pids === undefined ? {} : { PidsLimit: pids }),
    ...(diskBytes === undefined ? {} : { StorageOpt: { size: String(diskBytes) } }),
    ...(gpu === undefined || gpu === 0 ? {} : { DeviceRequests: [{ Count: gpu, Capabilities: [['gpu']] }] }),
  };
}

function assertClaimed(
  { architecture, direct, reusable, sharedNetworkKey }: WorkerSpec,
  { architectures, launchModes, reuse, sharedNetwork }: ProviderCapabilities,
): void {
  if (reusable !== undefined && !reuse) throw new HodeiError('unsupported', 'this provider does not reuse workers');
  if (sharedNetworkKey !== undefined && (!sharedNetwork || direct !== undefined)) {
    const why = sharedNetwork ? 'a direct worker' : 'workers of this provider';
    throw new HodeiError('unsupported', `${why} can not share an empty network`);
  }
  const mode = direct === undefined ? 'order' : 'direct';
  if (!launchModes.includes(mode))
    throw new HodeiError(
      'unsupported',
      `this provider does not launch by "${mode}", only by ${launchModes.join(', ')}`,
    );
  if (architecture === undefined || architectures.includes(architecture)) return;
  throw new HodeiError(
    'unsupported',
    `this Docker Engine does not run ${architecture}, only ${architectures.join(', ')}`,
    { details: { field: 'architecture' } },
  );
}

/** `host` and `container:` would take a wall of the box down: only the operator can allow them, by name. */
function assertNetwork(
  network: string,
  { allowedNetworks }: DockerConfig,
  { customNetworking }: ProviderCapabilities,
): void {
  if (network === 'none') return;
  if (!customNetworking)
    throw new HodeiError('unsupported', `workers of this provider can't join network "${network}", only "none"`);
  const shared = network === 'host' || network.includes(':');
  if (allowedNetworks?.includes(network) ?? !shared) return;
  const allowed =
    allowedNetworks === undefined
      ? '"none", "bridge" and networks of their own'
      : ['none', ...allowedNetworks].map((name) => `"${name}"`).join(', ');
  throw new HodeiError(
    'unsupported',
    `workers of this provider may not join network "${network}"; allowed are ${allowed}`,
    { details: { field: 'network' } },
  );
}

function assertResources(asked: Resources, { enforcedLimits, maxResources, minResources }: ProviderCapabilities): void {
  for (const [name, value] of entriesOf(asked)) {
    const most = maxResources[name];
    const least = minResources[name];
    const details = { field: `resources.${name}` };
    if (!enforcedLimits.includes(name))
      throw new HodeiError('unsupported', `this Docker Engine can't enforce ${name}; leave it out`, { details });
    if (most !== undefined && value > most)
      throw new HodeiError('limit_exceeded', `${name} ${value} is over the maximum of ${most} here`, { details });
    if (least !== undefined && value < least)
      throw new HodeiError('limit_exceeded', `${name} ${value} is under the minimum of ${least} here`, { details });
  }
}

/** The provider's defaults for what was not asked, as far as this engine goes. */
function withDefaults(
  asked: Resources,
  defaults: Resources,
  { enforcedLimits, maxResources }: ProviderCapabilities,
): { resources: Resources; warnings: string[] } {
  const resources: Partial<Record<ResourceName, number>> = { ...asked };
  const warnings: string[] = [];
  for (const [name, value] of entriesOf(defaults)) {
    if (asked[name] !== undefined) continue;
    if (enforcedLimits.includes(name)) resources[name] = Math.min(value, maxResources[name] ?? value);
    else warnings.push(`this Docker Engine does not enforce the default limit of ${value} for ${name}`);
  }
  return { resources, warnings };
}

const entriesOf = (resources: Resources): [ResourceName, number][] =>
  RESOURCE_NAMES.flatMap((name) => {
    const value = resources[name];
    return value === undefined || (name === 'gpu' && value === 0) ? [] : [[name, value]];
  });
