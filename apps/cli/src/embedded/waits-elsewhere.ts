import type { JobContext } from '@hodei/application';
import { checkJobInput, fitsTemplate, type JobInput } from '@hodei/domain';

/**
 * Whether another process keeps workers of a pool waiting for just such a job.
 * @throws HodeiError as `submitJob` does for a wrong input.
 */
export async function waitsElsewhere(
  { repositories, policy }: Pick<JobContext, 'repositories' | 'policy'>,
  input: JobInput,
): Promise<boolean> {
  const { spec } = checkJobInput(input, policy.defaultImage);
  const [pools, live] = await Promise.all([repositories.pools.list(), repositories.instances.listLive()]);
  return live.some(({ keepsPools }) => keepsPools) && pools.some(({ template }) => fitsTemplate(template, spec));
}
