import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { boundaryRules } from './rules.ts';

/** Cruises the folders under `baseDir`, types and all, the way the workspace itself resolves its packages. */
export const cruiseSources = async (baseDir: string, folders: readonly string[]): Promise<ICruiseResult> => {
  const { output } = await cruise(
    [...folders],
    {
      baseDir,
      ruleSet: { forbidden: [...boundaryRules] },
      validate: true,
      // Only our own builds: many a library lives in a dist folder, and its import must be seen.
      exclude: { path: '^(packages|apps)/[^/]+/dist/|^scripts/fixtures/' },
      doNotFollow: { path: 'node_modules' },
      // Imports of types alone count: a type is a dependency too.
      tsPreCompilationDeps: true,
    },
    {
      conditionNames: ['@hodei/source', 'types', 'import', 'node', 'default'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.d.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  );
  if (typeof output === 'string') {
    throw new Error('dependency-cruiser answered with a report instead of its result');
  }
  return output;
};
