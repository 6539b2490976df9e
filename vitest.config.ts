import { availableParallelism } from 'node:os';

import { defineConfig } from 'vitest/config';

// The packages' sources, not their builds: nothing needs a build to be tested.
const sources = {
  resolve: { conditions: ['@hodei/source', 'module', 'node', 'development|production'] },
  ssr: { resolve: { conditions: ['@hodei/source', 'module', 'node', 'development|production'] } },
};

export default defineConfig({
  ...sources,
  test: {
    // Most integration tests wait for an engine or for a process of their own: more of them than cores may be under way.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    // .ci/run counts the tests in this file.
    reporters: process.env['CI'] ? ['default', ['json', { outputFile: '.toolchain/test-report.json' }]] : ['default'],
    projects: [
      {
        ...sources,
        test: {
          name: 'unit',
          // A deadline for what hangs: simulations and property tests take seconds where other work has the cores.
          testTimeout: 30_000,
          include: [
            'packages/*/test/**/*.test.ts',
            'apps/*/test/**/*.test.ts',
            'scripts/test/**/*.test.ts',
            'bench/test/**/*.test.ts',
            'examples/*/test/**/*.test.ts',
          ],
        },
      },
      {
        ...sources,
        test: {
          name: 'integration',
          include: [
            'packages/*/test/**/*.itest.ts',
            'apps/*/test/**/*.itest.ts',
            'scripts/test/**/*.itest.ts',
            'bench/test/**/*.itest.ts',
          ],
          // Real containers: each start costs the engine a fifth of a second of CPU, and test files run in parallel.
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // Runs only when one of this project's files is about to run.
          globalSetup: ['scripts/test-support/global-setup.ts'],
        },
      },
    ],
  },
});
