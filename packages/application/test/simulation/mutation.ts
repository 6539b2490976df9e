import type { Clock, Repositories, WorkerProvider } from '@hodei/domain';

import type { JobContext } from '../../src/index.ts';
import type { World } from './world.ts';

/** A bug to plant: what is put between the application and its ports. */
export interface Mutation {
  /** The store itself is wrong. The clock is that of the instance which uses it. */
  readonly repositories?: (store: Repositories, world: World, clock: Clock) => Repositories;
  /** An adapter is wrong, or what the application makes of its answers. */
  readonly provider?: (provider: WorkerProvider) => WorkerProvider;
  /** The application is put together wrongly. */
  readonly context?: (context: JobContext) => JobContext;
}

export const NO_MUTATION: Mutation = {};
