import { afterEach, beforeEach, describe, expect } from 'vitest';
import type { ErrorCode } from '@hodei/domain';
import { RepositoryBench } from './bench.ts';
import type { RepositoriesHarness, RepositoriesSetup } from './harness.ts';

/** Gives each test its bench. */
export type GetBench = () => RepositoryBench;

/** The tests of one port, for any adapter. */
export type Suite = (name: string, setup: RepositoriesSetup) => void;

/** Makes a suite out of the tests of one port. */
export function suiteOf(port: string, ...parts: readonly ((bench: GetBench) => void)[]): Suite {
  return (name, { setup, teardown }) => {
    describe(`${name} is a ${port}`, () => {
      let harness: RepositoriesHarness | undefined;
      let bench: RepositoryBench | undefined;
      beforeEach(async () => {
        harness = await setup();
        bench = await RepositoryBench.open(harness);
      });
      afterEach(async () => {
        if (harness !== undefined) await teardown?.(harness);
        harness = undefined;
      });
      for (const part of parts) {
        part(() => {
          if (bench === undefined) throw new Error('the bench is there only within a test');
          return bench;
        });
      }
    });
  };
}

/** Asserts that a call is refused with a code. */
export async function refuses(call: Promise<unknown>, code: ErrorCode): Promise<void> {
  await expect(call).rejects.toMatchObject({ name: 'HodeiError', code });
}

/** What became of calls that compete: how many succeeded, and the codes of those that were refused. */
export async function compete(
  calls: readonly Promise<unknown>[],
): Promise<{ readonly won: number; readonly refused: readonly unknown[] }> {
  const results = await Promise.allSettled(calls);
  const lost = results.filter((result) => result.status === 'rejected');
  return { won: results.length - lost.length, refused: lost.map(({ reason }) => (reason as { code?: unknown }).code) };
}
