import { DEFAULT_DOCKER_CONFIG, type DockerDiskBounds } from './docker-config.ts';
import type { SettingsReader } from './settings-reader.ts';

const DEFAULTS = DEFAULT_DOCKER_CONFIG.disk;

/** @throws HodeiError `config_invalid` */
export function parseDiskBounds(read: SettingsReader | undefined): DockerDiskBounds {
  if (read === undefined) return DEFAULTS;
  const budgetBytes = read.count('budgetBytes', 1);
  const bounds: DockerDiskBounds = {
    low: read.amount('low') ?? DEFAULTS.low,
    high: read.amount('high') ?? DEFAULTS.high,
    critical: read.amount('critical') ?? DEFAULTS.critical,
    roomyBytes: read.count('roomyBytes', 0) ?? DEFAULTS.roomyBytes,
    collectImages: read.flag('collectImages') ?? DEFAULTS.collectImages,
    ...(budgetBytes === undefined ? {} : { budgetBytes }),
  };
  read.end();
  if (bounds.low > bounds.high) read.refuse('low', 'must not be over high');
  if (bounds.high > bounds.critical) read.refuse('high', 'must not be over critical');
  if (bounds.critical > 1) read.refuse('critical', 'must be a part of the disk, from 0 to 1');
  return bounds;
}
