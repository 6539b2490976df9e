import type { Resources } from '@hodei/domain';

/** Where an engine is. */
export type DockerConnectionConfig =
  | { readonly kind: 'socket'; readonly socketPath: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls?: DockerTlsConfig }
  | {
      readonly kind: 'ssh';
      readonly host: string;
      readonly port: number;
      readonly username?: string;
      readonly privateKeyFile?: string;
    }
  | { readonly kind: 'context'; readonly name: string };

/** Files in PEM. The server's certificate is always verified; without a CA, by those that Node trusts. */
export interface DockerTlsConfig {
  readonly caFile?: string;
  /** The client's certificate; goes with `keyFile`. */
  readonly certFile?: string;
  readonly keyFile?: string;
}

/** What proves to a registry who pulls. */
export type RegistryCredentials =
  | { readonly username: string; readonly password: string }
  | { readonly identityToken: string };

/** A part of the host that the operator gives to every worker of this provider. */
export interface DockerMount {
  readonly type: 'bind' | 'volume' | 'tmpfs';
  /** A path of the host (`bind`) or the name of a volume; not for `tmpfs`. */
  readonly source?: string;
  /** An absolute path in the worker. */
  readonly target: string;
  /** True unless said otherwise; not for `tmpfs`. */
  readonly readOnly: boolean;
}

/** Loosens or tightens the box a job runs in. Only the operator can, never a job. */
export interface DockerHardening {
  readonly readOnlyRootfs: boolean;
  /** Added after all were dropped, like `NET_BIND_SERVICE`. */
  readonly capAdd: readonly string[];
  readonly noNewPrivileges: boolean;
  /** `user`, `uid` or `uid:gid`; absent: the image's. */
  readonly user?: string;
  /** `unconfined` or a profile's JSON; absent: the engine's default profile. */
  readonly seccompProfile?: string;
  /** Like `runsc`; absent: the engine's default runtime. */
  readonly runtime?: string;
  readonly mounts: readonly DockerMount[];
}

/** What the engine keeps of a worker's output. Beyond it the oldest is lost to recovery and to log reading. */
export interface DockerLogBound {
  /** `local` keeps every byte; `json-file` can be read by other tools, but replaces what is not UTF-8. */
  readonly driver: 'json-file' | 'local';
  readonly maxFileBytes: number;
  readonly maxFiles: number;
}

/** What an hour costs, in the currency the operator thinks in. The parts add up. */
export interface DockerCostPerHour {
  readonly perWorker: number;
  readonly perCpu: number;
  readonly perMemoryGib: number;
}

/** When a healthy engine is called degraded. */
export interface DockerHealthBounds {
  /** How long a health check waits for the engine, in milliseconds. */
  readonly timeoutMs: number;
  /** An answer slower than this is a reason, in milliseconds. */
  readonly slowAfterMs: number;
  /** Less free disk where the engine keeps its data is a reason. Only seen where that is on this machine. */
  readonly minFreeDiskBytes: number;
  /** More running containers than this, anyone's, are a reason. */
  readonly maxRunningContainers: number;
}

/**
 * How full the disk may get where the engine keeps its data. `low`, `high` and `critical` are parts of it that are
 * in use, from 0 to 1. What can't be seen stops nothing.
 */
export interface DockerDiskBounds {
  /** Over it, images that are not used are removed, where {@link DockerDiskBounds.collectImages} says so. */
  readonly low: number;
  /** From here on no image is pulled. */
  readonly high: number;
  /** From here on no worker is started. */
  readonly critical: number;
  /** With so much free there is no pressure, however full the disk is. */
  readonly roomyBytes: number;
  /**
   * Whether images that this provider pulled, from now on, are removed when nobody has used them for longest. Pulled
   * images are then marked by a tag of ours.
   */
  readonly collectImages: boolean;
  /** How much the engine may hold in all: for one whose disk is not on this machine, or is shared. */
  readonly budgetBytes?: number;
}

/** The settings of a Docker provider. */
export interface DockerConfig {
  /** Absent: found as the docker CLI finds it; see `connectDocker`. */
  readonly connection?: DockerConnectionConfig;
  /** For a worker that names no limit of its own. */
  readonly defaultResources: Resources;
  /** The networks that workers may join; absent: every one that exists. `none` is always allowed. */
  readonly allowedNetworks?: readonly string[];
  /** By registry host as it stands in image names (`docker.io` for Docker Hub). Goes before `~/.docker/config.json`. */
  readonly registryAuth: Readonly<Record<string, RegistryCredentials>>;
  readonly pull: {
    /** A pull without any progress for so long is given up, in milliseconds. */
    readonly stallTimeoutMs: number;
  };
  readonly hardening: DockerHardening;
  /** A shared network in which no worker was seen for so long is removed, in milliseconds. */
  readonly sharedNetworkIdleMs: number;
  /** Whether workers may ask for GPUs, where the engine has a runtime for them. */
  readonly gpu: boolean;
  readonly log: DockerLogBound;
  /** How long one short call to the engine may take, in milliseconds. Pulls and log streams are no short calls. */
  readonly callTimeoutMs: number;
  readonly health: DockerHealthBounds;
  readonly disk: DockerDiskBounds;
  readonly costPerHour?: DockerCostPerHour;
  /** The longest a job may run here, in milliseconds; absent: unbounded. */
  readonly maxExecutionMs?: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly regions: readonly string[];
}

const MIB = 1024 * 1024;

/** Hardened; each loosening is the operator's. */
export const DEFAULT_DOCKER_CONFIG: DockerConfig = {
  defaultResources: { cpu: 1, memoryBytes: 512 * MIB, pids: 1024 },
  registryAuth: {},
  pull: { stallTimeoutMs: 60_000 },
  hardening: { readOnlyRootfs: false, capAdd: [], noNewPrivileges: true, mounts: [] },
  sharedNetworkIdleMs: 60_000,
  gpu: true,
  // With its own bound (five files of 20 MB) driver `local` lost two thirds of 200 MB of output.
  log: { driver: 'local', maxFileBytes: 256 * MIB, maxFiles: 4 },
  callTimeoutMs: 30_000,
  health: { timeoutMs: 5_000, slowAfterMs: 1_000, minFreeDiskBytes: 1024 * MIB, maxRunningContainers: 1_000 },
  disk: { low: 0.8, high: 0.9, critical: 0.97, roomyBytes: 10 * 1024 * MIB, collectImages: false },
  labels: {},
  regions: [],
};
