import { z } from 'zod';

import { Requirements } from '../jobs/job-schemas.ts';
import { Labels, Moment, Resources } from '../schema-parts.ts';

const Policy = z.enum(['fixed', 'auto']).describe('auto: as arrivals and start times ask for, up to maxIdle');

const optionalInTemplate = {
  architecture: z.string().max(64).exactOptional(),
  provider: z.string().max(63).describe('the only provider that may make its workers').exactOptional(),
  requirements: Requirements.exactOptional(),
  tenant: z.string().max(128).describe('only jobs of this tenant fit').exactOptional(),
  shareNetwork: z
    .boolean()
    .describe('its workers share one empty network; they start faster; without a tenant only jobs without one fit')
    .exactOptional(),
};

/** What is absent takes its default. */
export const PoolInputJson = z
  .strictObject({
    template: z.strictObject({
      image: z.string().min(1).max(512),
      resources: Resources.exactOptional(),
      network: z.string().max(128).exactOptional(),
      labels: Labels.exactOptional(),
      ...optionalInTemplate,
    }),
    minIdle: z.int().min(0).describe('how many shall wait, over all instances').exactOptional(),
    maxIdle: z.int().min(0).exactOptional(),
    maxWorkers: z.int().min(1).describe('strict, over all instances').exactOptional(),
    idleTtlMs: z.int().min(1000).exactOptional(),
    maxJobsPerWorker: z
      .int()
      .min(1)
      .describe('1: each job gets a worker of its own; else those of one tenant follow each other, and find its files')
      .exactOptional(),
    policy: Policy.exactOptional(),
  })
  .meta({ id: 'PoolInput' });

const poolFields = {
  name: z.string(),
  template: z.strictObject({
    image: z.string(),
    resources: Resources,
    network: z.string(),
    labels: Labels,
    ...optionalInTemplate,
  }),
  minIdle: z.int(),
  maxIdle: z.int(),
  maxWorkers: z.int(),
  idleTtlMs: z.int(),
  maxJobsPerWorker: z.int(),
  policy: Policy,
  version: z.int(),
  createdAt: Moment,
  updatedAt: Moment,
};

export const PoolJson = z.strictObject(poolFields).meta({ id: 'Pool' });

export const PoolViewJson = z
  .strictObject({
    ...poolFields,
    idle: z.int().describe('workers that wait now'),
    busy: z.int(),
    other: z.int().describe('those that are being made, or ended'),
  })
  .meta({ id: 'PoolView' });

export const PoolList = z.strictObject({ items: z.array(PoolViewJson) }).meta({ id: 'PoolList' });

export const PoolParams = z.strictObject({ name: z.string().max(63) });

export type PoolJson = z.output<typeof PoolJson>;
export type PoolViewJson = z.output<typeof PoolViewJson>;
