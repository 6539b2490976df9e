import { checkJobInput, parseJobId, type Demand, type Job, type JobInput } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';

/**
 * Checks a job, seals its secrets and stores it. Once this returns, the job is durable.
 *
 * @param options.claim stores it as this instance's own, so that no other one takes it; this instance must
 * then run it.
 * @throws HodeiError `invalid_input` and `limit_exceeded` for what the caller gave, `limit_exceeded` also
 * where no registered provider could ever run it, `database_unavailable`. Nothing is stored then.
 */
export async function submitJob(
  context: Pick<JobContext, 'repositories' | 'registry' | 'ids' | 'clock' | 'sealer' | 'policy' | 'instance'>,
  input: JobInput,
  options: { readonly claim?: boolean } = {},
): Promise<Job> {
  const { spec, secrets } = checkJobInput(input, context.policy.defaultImage);
  await context.registry.assertFulfillable(demandOf(spec));
  const id = parseJobId(context.ids.uuid());
  return context.repositories.jobs.insert({
    id,
    spec,
    at: context.clock.now(),
    ...(spec.secretNames.length > 0 ? { sealedSecrets: context.sealer.seal(id, secrets) } : {}),
    ...(options.claim ? { claimFor: context.instance.epoch } : {}),
  });
}

/** What a job asks of a provider. */
export const demandOf = (spec: Job['spec']): Demand => ({
  resources: spec.resources,
  requirements: spec.requirements,
  network: spec.network,
  ...(spec.timeoutMs === undefined ? {} : { timeoutMs: spec.timeoutMs }),
});
