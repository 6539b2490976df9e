export interface Check {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
}

/** The checks that need no Docker Engine. Their programs are found because the bootstrap has put them on the PATH. */
export const checks: readonly Check[] = [
  { name: 'types', command: ['turbo', 'run', 'typecheck', 'typecheck:root', '--output-logs=errors-only'] },
  { name: 'build', command: ['turbo', 'run', 'build', '--output-logs=errors-only'] },
  { name: 'lint', command: ['oxlint', '--type-aware'] },
  { name: 'format', command: ['oxfmt', '--check'] },
  { name: 'boundaries', command: ['node', 'scripts/check-boundaries.ts'] },
  {
    name: 'configuration reference',
    command: ['node', '--conditions=@hodei/source', 'scripts/configuration.ts', '--check'],
  },
  { name: 'dead code', command: ['knip', '--no-config-hints'] },
];

export const testCheck: Check = { name: 'tests', command: ['sh', 'scripts/bootstrap.sh', 'test'] };
