import { z } from 'zod';

import { Id, Labels, Moment, Resources } from '../schema-parts.ts';
import { DEFAULT_OVERCOMMIT, RESOURCE_NAMES } from '@hodei/domain';

const Mode = z.enum(['active', 'maintenance', 'disabled']);
const Status = z.enum(['active', 'degraded', 'overloaded', 'unhealthy', 'maintenance', 'disabled']);
const Settings = z.record(z.string(), z.unknown()).describe('what the adapter of this type reads; never a secret');
const Name = z.string().max(63).describe('1 to 63 of a-z, 0-9 and "-", not beginning with "-"');

const factor = (what: string, byDefault: number) =>
  z
    .number()
    .min(0.1)
    .max(100)
    .exactOptional()
    .describe(`how many times the ${what} of its engine may be promised; ${byDefault} where it is absent`);
const Overcommit = z
  .strictObject({
    cpu: factor('CPUs', DEFAULT_OVERCOMMIT.cpu),
    memory: factor('memory', DEFAULT_OVERCOMMIT.memory),
  })
  .describe('how much more than its engine has may be promised to workers');

const changeable = {
  mode: Mode.exactOptional(),
  priority: z.int().min(-1000).max(1000).exactOptional(),
  maxWorkers: z.int().min(1).max(100_000).exactOptional(),
  overcommit: Overcommit.exactOptional(),
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
    totalResources: Resources.exactOptional(),
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
    overcommit: Overcommit.exactOptional(),
    capacity: z
      .strictObject({ cpu: z.number().exactOptional(), memoryBytes: z.number().exactOptional() })
      .exactOptional()
      .describe('what may be promised to all its workers together: what its engine has, overcommit counted in'),
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
