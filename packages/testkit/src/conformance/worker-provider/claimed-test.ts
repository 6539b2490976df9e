import type { ProviderCapabilities } from '@hodei/domain';
import { test, type TestContext } from 'vitest';
import type { GetBench } from './get-bench.ts';

/**
 * Declares tests that only a provider which claims something runs; for any other they are reported as skipped,
 * with what it does not claim. A test beside them asserts that it refuses then.
 */
export const testWhereClaimed =
  (bench: GetBench, claims: (capabilities: ProviderCapabilities) => boolean, what: string) =>
  (name: string, run: (context: TestContext) => Promise<void>): void => {
    test(name, async (context) => {
      if (!claims(bench().capabilities)) return context.skip(`the provider does not claim ${what}`);
      await run(context);
    });
  };
