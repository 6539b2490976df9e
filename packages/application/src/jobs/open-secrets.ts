import type { Job } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';
import { persist } from '../support/persist.ts';

/**
 * The secrets of a job, by name, for its launch order and for the mask of its output.
 * @throws HodeiError `config_invalid` where this instance's key is not the one they were sealed with.
 */
export async function openSecrets(
  context: Pick<JobContext, 'repositories' | 'sealer' | 'clock' | 'diagnostics'>,
  job: Job,
): Promise<Readonly<Record<string, string>>> {
  if (job.spec.secretNames.length === 0) return {};
  const read = (): Promise<Uint8Array | undefined> => context.repositories.jobs.sealedSecrets(job.id);
  const sealed = await persist(context, read, read);
  return sealed === undefined ? {} : context.sealer.open(job.id, sealed);
}
