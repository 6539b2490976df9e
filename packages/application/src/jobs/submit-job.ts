import { checkJobInput, parseJobId, type Job, type JobInput } from '@hodei/domain';

import type { JobRunner } from '../dispatch/job-runner.ts';
import { placeNewJob } from '../pools/place-new-job.ts';
import type { JobContext } from '../support/job-context.ts';
import { demandOf } from './demand-of.ts';

/**
 * Checks a job, seals its secrets and stores it. Once this returns, the job is durable.
 *
 * @param options.claim stores it as this instance's own, so that no other one takes it; this instance must
 * then run it.
 * @param options.runner where a worker of a pool waits in this instance for just such a job, the job is placed on it
 * by the statement that stores it, and its order is sent at once: it is `scheduled`, and this runner runs it.
 * @throws HodeiError `invalid_input` and `limit_exceeded` for what the caller gave, `limit_exceeded` also
 * where no registered provider could ever run it, `database_unavailable`. Nothing is stored then.
 */
export async function submitJob(
  context: Pick<
    JobContext,
    'repositories' | 'registry' | 'ids' | 'clock' | 'sealer' | 'policy' | 'instance' | 'idle' | 'hub'
  >,
  input: JobInput,
  options: { readonly claim?: boolean; readonly runner?: JobRunner } = {},
): Promise<Job> {
  const { spec, secrets } = checkJobInput(input, context.policy.defaultImage);
  const id = parseJobId(context.ids.uuid());
  const sealed = spec.secretNames.length > 0 ? { sealedSecrets: context.sealer.seal(id, secrets) } : {};
  const job = { id, spec, at: context.clock.now(), ...sealed };
  const placed = options.runner && (await placeNewJob(context, options.runner, job, secrets));
  if (placed !== undefined) return placed;
  await context.registry.assertFulfillable(demandOf(spec));
  return context.repositories.jobs.insert({ ...job, ...(options.claim ? { claimFor: context.instance.epoch } : {}) });
}
