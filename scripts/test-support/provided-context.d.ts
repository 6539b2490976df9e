import 'vitest';
import type { images } from '../images/names.ts';

declare module 'vitest' {
  /** What every integration test can `inject`. */
  interface ProvidedContext {
    /** postgres://… of a superuser of the run's one Postgres. Each test file makes a database of its own on it. */
    readonly postgresAdminUrl: string;
    readonly images: typeof images;
    /** Differs between any two runs. */
    readonly testRunId: string;
  }
}
