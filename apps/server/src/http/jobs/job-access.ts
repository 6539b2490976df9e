import { HodeiError, type Job, type JobId, parseJobId } from '@hodei/domain';

import type { Caller } from '../caller.ts';
import type { HttpLife } from '../http-context.ts';

/** The label that says whose a job is. */
export const TENANT_LABEL = 'tenant';

const tenantOf = (job: Job): string | undefined => job.spec.labels[TENANT_LABEL];

/** A job that the caller may see. Of others it learns not even that they exist. @throws HodeiError `not_found` */
export async function visibleJob(life: HttpLife, caller: Caller, id: string): Promise<Job> {
  const job = await life.context.repositories.jobs.get(readJobId(id));
  if (caller.tenant === undefined || caller.tenant === tenantOf(job)) return job;
  throw new HodeiError('not_found', `there is no job ${job.id}`);
}

/** What is no id is the id of nothing. @throws HodeiError `not_found` */
function readJobId(id: string): JobId {
  try {
    return parseJobId(id);
  } catch (error) {
    throw new HodeiError('not_found', `there is no job "${id.slice(0, 80)}"; an id is a UUID`, { cause: error });
  }
}
