import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';

/** The packages are ES modules with subpaths; who resolves as Node.js did before these existed is not served. */
const SERVED = new Set(['node16-esm', 'bundler']);

/** Where the types of a packed package would mislead whoever imports it; empty where nowhere. */
export async function typeProblems(tarball: Uint8Array): Promise<readonly string[]> {
  const result = await checkPackage(createPackageFromTarballData(tarball));
  if (result.types === false) return ['it has no types'];
  return result.problems
    .filter((problem) => !('resolutionKind' in problem) || SERVED.has(problem.resolutionKind))
    .map((problem) => JSON.stringify(problem));
}
