import type { ProviderView } from '@hodei/application';

import { formatMoment } from './format-time.ts';

/** A provider as JSON. Its settings hold no secret. */
export function providerToJson(view: ProviderView): Readonly<Record<string, unknown>> {
  const { config, health } = view;
  return {
    id: config.id,
    name: config.name,
    type: config.type,
    mode: config.mode,
    status: view.status,
    health: { ...health, checkedAt: formatMoment(health.checkedAt) },
    liveWorkers: view.liveWorkers,
    maxWorkers: config.maxWorkers,
    priority: config.priority,
    labels: config.labels,
    settings: config.settings,
    ...(view.capabilities === undefined ? {} : { capabilities: view.capabilities }),
    createdAt: formatMoment(config.createdAt),
    updatedAt: formatMoment(config.updatedAt),
  };
}
