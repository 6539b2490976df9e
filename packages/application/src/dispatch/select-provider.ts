import { roomForJob, type Job } from '@hodei/domain';

import { demandOf } from '../jobs/demand-of.ts';
import type { Selection } from '../registry/provider-selector.ts';
import type { JobContext } from '../support/job-context.ts';

/** A provider on which a worker is to be made for this job now, with a place reserved there. @throws as `ProviderRegistry.select` */
export const selectProvider = (
  { registry, policy }: Pick<JobContext, 'registry' | 'policy'>,
  job: Pick<Job, 'id' | 'createdAt' | 'spec'>,
): Promise<Selection> =>
  registry.select({
    demand: demandOf(job.spec),
    strategy: policy.strategy,
    image: job.spec.image,
    roomFor: roomForJob(job),
    reserve: true,
  });
