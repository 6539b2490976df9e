import { z } from 'zod';

import { Id, Labels, Moment, Resources } from '../schema-parts.ts';
import { RESOURCE_NAMES } from '@hodei/domain';

const Mode = z.enum(['active', 'maintenance', 'disabled']);
const Status = z.enum(['active', 'degraded', 'overloaded', 'unhealthy', 'maintenance', 'disabled']);
const Settings = z.record(z.string(), z.unknown()).describe('what the adapter of this type reads; never a secret');
const Name = z.string().max(63).describe('1 to 63 of a-z, 0-9 and "-", not beginning with "-"');

const changeable = {
  mode: Mode.exactOptional(),
  priority: z.int().min(-1000).max(1000).exactOptional(),
  maxWorkers: z.int().min(1).max(100_000).exactOptional(),
  labels: Labels.exactOptional(),
  settings: Settings.exactOptional(),
};

export const ProviderInputJson = z
  .strictObject({ name: Name, type: z.string().max(63), ...changeable })
  .meta({ id: 'ProviderInput' });

export const ProviderPatchJson = z
  .strictObject({ name: Name.exactOptional(), ...changeable })
  .meta({ id: 'ProviderPatch' });

const Capabilities = z
  .strictObject({
    maxResources: Resources,
    minResources: Resources,
    enforcedLimits: z.array(z.enum(RESOURCE_NAMES)),
    gpuTypes: z.array(z.string()),
    architectures: z.array(z.string()),
    runtimes: z.array(z.string()),
    regions: z.array(z.string()),
    maxExecutionMs: z.number().exactOptional(),
    persistentStorage: z.boolean(),
    customNetworking: z.boolean(),
    launchModes: z.array(z.enum(['order', 'direct'])),
    watch: z.boolean(),
    retainedLogs: z.boolean(),
    recovery: z.boolean(),
    reuse: z.boolean(),
    sharedNetwork: z.boolean(),
    features: z.array(z.string()),
    labels: Labels,
  })
  .describe('what its engine was found to be able to do')
  .meta({ id: 'ProviderCapabilities' });

export const ProviderJson = z
  .strictObject({
    id: Id,
    name: z.string(),
    type: z.string(),
    mode: Mode,
    version: z.int(),
    status: Status,
    health: z.strictObject({
      status: z.enum(['healthy', 'degraded', 'unhealthy', 'unknown']),
      reasons: z.array(z.string()),
      checkedAt: Moment,
      latencyMs: z.number().exactOptional(),
      engine: z.string().exactOptional(),
    }),
    breaker: z.enum(['closed', 'open', 'half_open']),
    liveWorkers: z.int(),
    maxWorkers: z.int(),
    priority: z.int(),
    labels: Labels,
    settings: Settings,
    capabilities: Capabilities.exactOptional(),
    createdAt: Moment,
    updatedAt: Moment,
  })
  .meta({ id: 'Provider' });

export const ProviderList = z.strictObject({ items: z.array(ProviderJson) }).meta({ id: 'ProviderList' });

export const ProviderListQuery = z.strictObject({
  status: Status.exactOptional(),
  type: z.string().max(63).exactOptional(),
});

export const ProviderParams = z.strictObject({ id: z.string().max(64).describe('its id or its name') });

export type ProviderJson = z.output<typeof ProviderJson>;
