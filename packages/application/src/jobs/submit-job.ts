import { checkJobInput, isHodeiError, parseJobId, type Job, type JobId, type JobInput } from '@hodei/domain';

import type { JobRunner } from '../dispatch/job-runner.ts';
import { startNewJob } from '../dispatch/start-new-job.ts';
import type { JobContext } from '../support/job-context.ts';
import { demandOf } from './demand-of.ts';

/** Makes a submission that is sent twice one job. */
export interface Idempotency {
  /** The same for the same caller and key, and for nothing else. */
  readonly jobId: JobId;
  /** The same for the same request, and for no other. */
  readonly requestHash: string;
}

/**
 * Checks a job, seals its secrets and stores it. Once this returns, the job is durable.
 *
 * @param options.claim stores it as this instance's own, so that no other one takes it; this instance must
 * then run it.
 * @param options.runner where this instance can begin the job now, it is begun by the statement that stores it: on a
 * worker of a pool that waits here, which gets its order at once, or on one that is made for it. It is `scheduled` then,
 * and this runner runs it.
 * @param options.by who submits it.
 * @param options.idempotency the job that it stands for is returned where it is there already.
 * @throws HodeiError `idempotency_key_reused` where that one asks for something else; `invalid_input` and `limit_exceeded` for what the caller gave, `limit_exceeded` also
 * where no registered provider could ever run it, `database_unavailable`. Nothing is stored then.
 */
export async function submitJob(
  context: Pick<
    JobContext,
    'repositories' | 'registry' | 'ids' | 'clock' | 'sealer' | 'policy' | 'instance' | 'idle' | 'hub' | 'telemetry'
  >,
  input: JobInput,
  options: {
    readonly claim?: boolean;
    readonly runner?: JobRunner;
    readonly by?: string;
    readonly idempotency?: Idempotency;
  } = {},
): Promise<Job> {
  const { spec, secrets } = checkJobInput(input, context.policy.defaultImage);
  const { by, idempotency } = options;
  const id = idempotency?.jobId ?? parseJobId(context.ids.uuid());
  const sealed = spec.secretNames.length > 0 ? { sealedSecrets: context.sealer.seal(id, secrets) } : {};
  const job = {
    id,
    spec,
    at: context.clock.now(),
    ...sealed,
    ...(by === undefined ? {} : { by }),
    ...(idempotency === undefined ? {} : { requestHash: idempotency.requestHash }),
  };
  // A job that is there already conflicts with its placement; inserting it finds it.
  const started =
    options.runner &&
    (await startNewJob(context, options.runner, job, secrets).catch((error: unknown) => {
      if (idempotency !== undefined && isHodeiError(error, 'conflict')) return undefined;
      throw error;
    }));
  const submitted = (stored: Job, placed = false): Job => {
    const to = context.clock.now();
    // The job of an earlier submission with the same key was told then.
    if (stored.createdAt >= job.at) context.telemetry?.submitted({ job: stored, from: job.at, to, placed });
    return stored;
  };
  if (started !== undefined) return submitted(started.job, started.placed);
  await context.registry.assertFulfillable(demandOf(spec));
  const claim = options.claim ? { claimFor: context.instance.epoch } : {};
  return submitted(await context.repositories.jobs.insert({ ...job, ...claim }));
}
