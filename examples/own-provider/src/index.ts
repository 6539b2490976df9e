import type { ProviderConfig, WorkerProvider } from '@hodei/domain';

import { LocalProcessProvider } from './local-process-provider.ts';

export { LocalProcessProvider, type LocalWorkers } from './local-process-provider.ts';

/** What a composition root maps the type `local-process` to, as one of the `factories` of its ProviderRegistry. */
export const createLocalProcessProvider = async ({ id }: ProviderConfig): Promise<WorkerProvider> =>
  new LocalProcessProvider(id, new Map());
