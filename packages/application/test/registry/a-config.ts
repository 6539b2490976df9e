import { parseProviderId, type ProviderConfig } from '@hodei/domain';
import { SequentialIds } from '@hodei/testkit/in-memory';

const ids = new SequentialIds(0xc0f1);

/** A provider's configuration with an id of its own. */
export function aConfig(traits: Partial<ProviderConfig> = {}): ProviderConfig {
  return {
    id: parseProviderId(ids.uuid()),
    name: 'memory',
    type: 'in-memory',
    mode: 'active',
    priority: 0,
    maxWorkers: 10,
    labels: {},
    settings: {},
    createdAt: 0,
    updatedAt: 0,
    version: 1,
    ...traits,
  };
}
