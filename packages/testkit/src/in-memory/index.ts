export { BUILT_IN_PROGRAMS } from './built-in-programs.ts';
export type { EventTrouble } from './event-feed.ts';
export { FaultPlan, type Fault, type FaultableCall, type FaultKind } from './faults.ts';
export type { InMemoryImage } from './image-store.ts';
export { InMemoryEngine, type InMemoryEngineOptions } from './in-memory-engine.ts';
export { InMemoryProvider, type InMemoryProviderOptions } from './in-memory-provider.ts';
export type { InMemoryWorker } from './in-memory-worker.ts';
export type { Program, ProgramContext, Programs } from './program.ts';
export { SequentialIds } from './sequential-ids.ts';
export { SimulatedClock } from './simulated-clock.ts';
export {
  createInMemoryRepositories,
  RepositoryFaults,
  type RepositoryOperation,
} from './repositories/create-in-memory-repositories.ts';
export { InMemoryStore } from './repositories/in-memory-store.ts';
