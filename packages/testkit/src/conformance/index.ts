export { describeWorkerProvider } from './worker-provider/describe-worker-provider.ts';
export type { ConformanceCommands, ForeignThing, WorkerProviderHarness } from './worker-provider/harness.ts';
export { posixCommands } from './worker-provider/posix-commands.ts';
