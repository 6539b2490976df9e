import type { Demand, Job } from '@hodei/domain';

/** What a job asks of a provider. */
export const demandOf = (spec: Job['spec']): Demand => ({
  resources: spec.resources,
  requirements: spec.requirements,
  network: spec.network,
  ...(spec.timeoutMs === undefined ? {} : { timeoutMs: spec.timeoutMs }),
});
