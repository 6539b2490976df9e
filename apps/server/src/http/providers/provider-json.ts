import type { ProviderView } from '@hodei/application';

import { formatMoment } from '../format-moment.ts';
import type { Frozen } from '../frozen.ts';
import type { ProviderJson } from './provider-schemas.ts';

/** A provider as JSON. Its settings hold no secret. */
export function providerToJson(view: ProviderView): Frozen<ProviderJson> {
  const { config, health } = view;
  return {
    id: config.id,
    name: config.name,
    type: config.type,
    mode: config.mode,
    version: config.version,
    status: view.status,
    health: { ...health, checkedAt: formatMoment(health.checkedAt) },
    breaker: view.breaker,
    liveWorkers: view.liveWorkers,
    maxWorkers: config.maxWorkers,
    ...(config.overcommit === undefined ? {} : { overcommit: config.overcommit }),
    ...(config.capacity === undefined ? {} : { capacity: config.capacity }),
    priority: config.priority,
    labels: config.labels,
    settings: config.settings,
    ...(view.capabilities === undefined ? {} : { capabilities: view.capabilities }),
    createdAt: formatMoment(config.createdAt),
    updatedAt: formatMoment(config.updatedAt),
  };
}
