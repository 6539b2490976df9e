import { HodeiError, parseJobId, type Job, type JobId, type JobInput } from '@hodei/domain';

import type { Caller } from '../auth/caller.ts';
import type { HttpLife } from '../http-life.ts';

/** A job that the caller may see. Of others it learns not even that they exist. @throws HodeiError `not_found` */
export async function visibleJob(life: HttpLife, caller: Caller, id: string): Promise<Job> {
  const jobId = readJobId(id);
  const job = await life.following.repositories.jobs.get(jobId);
  if (caller.tenant === undefined || caller.tenant === job.spec.tenant) return job;
  throw new HodeiError('not_found', `there is no job ${jobId}`);
}

/** A tenant's token submits that tenant's jobs. @throws HodeiError `forbidden` where the job names another. */
export function ofTenant(input: JobInput, { tenant }: Caller): JobInput {
  if (tenant === undefined) return input;
  if (input.tenant !== undefined && input.tenant !== tenant)
    throw new HodeiError('forbidden', `this token submits jobs of tenant ${tenant} only`);
  return { ...input, tenant };
}

/** What is no id is the id of nothing. @throws HodeiError `not_found` */
function readJobId(id: string): JobId {
  try {
    return parseJobId(id);
  } catch (error) {
    throw new HodeiError('not_found', `there is no job "${id.slice(0, 80)}"; an id is a UUID`, { cause: error });
  }
}
