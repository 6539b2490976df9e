export {
  DEFAULT_DOCKER_CONFIG,
  type DockerConfig,
  type DockerConnectionConfig,
  type DockerCostPerHour,
  type DockerDiskBounds,
  type DockerHardening,
  type DockerHealthBounds,
  type DockerLogBound,
  type DockerMount,
  type DockerTlsConfig,
  type RegistryCredentials,
} from './config/docker-config.ts';
export { DockerProvider } from './docker-provider.ts';
export { DockerProviderBuilder } from './docker-provider-builder.ts';
export { parseDockerConfig } from './config/parse-docker-config.ts';
export type { DiskSpace, ReadDisk } from './disk/disk-space.ts';
