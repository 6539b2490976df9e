import { glob } from 'node:fs/promises';
import { run } from './run.ts';

/** The libraries of this machine, the loader included, that the programs under a folder need and do not bring. */
export const findSystemLibraries = async (folder: string): Promise<readonly string[]> => {
  const programs: string[] = [];
  for await (const program of glob(`${folder}/{bin/*,lib/postgresql/*.so}`)) {
    programs.push(program);
  }
  return (await findLibrariesOf(programs)).filter((path) => !path.startsWith(folder));
};

/** The same of some programs. */
export const findLibrariesOf = async (programs: readonly string[]): Promise<readonly string[]> => {
  const listing = await run('ldd', programs);
  // "libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x…)", and "/lib64/ld-linux-x86-64.so.2 (0x…)" for the loader.
  const paths = [...listing.matchAll(/^\s+(?:\S+ => )?(\/\S+) \(0x/gm)].map(([, path = '']) => path);
  return [...new Set(paths)];
};
