import type { WorkerProvider } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';

/**
 * Lets a provider whose disk fills up remove images. The rows are read only then; the image of jobs that name none is
 * needed as well. A job that is stored meanwhile, and needs what is removed just then, has it pulled again.
 */
export async function collectImagesStep(
  { repositories, diagnostics, policy }: Pick<JobContext, 'repositories' | 'diagnostics' | 'policy'>,
  provider: WorkerProvider,
  signal: AbortSignal,
): Promise<void> {
  if (provider.collectImages === undefined || (await provider.wantsImageCollection?.({ signal })) !== true) return;
  const use = await repositories.images.find(provider.id);
  const needed = new Set([...use.needed, policy.defaultImage]);
  const { removed } = await provider.collectImages({ ...use, needed }, { signal });
  if (removed.length > 0) diagnostics.info('images were removed to make room', { providerId: provider.id, removed });
}
