import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** One package as it would be published. */
export interface PackedPackage {
  readonly name: string;
  readonly tarball: string;
  /** What another package may import: the name alone, or with a subpath. Empty for a package that is a command. */
  readonly entryPoints: readonly string[];
}

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  /** Absent where there is nothing to import. */
  readonly exports?: Readonly<Record<string, unknown>>;
}

/** Where the packages are. */
const FOLDERS = ['packages', 'apps'];

/** Builds all packages that are not private and packs them into a folder. */
export async function packPackages(root: string, destination: string): Promise<readonly PackedPackage[]> {
  const filters = FOLDERS.map((folder) => `--filter=./${folder}/*`);
  await run('turbo', ['run', 'build', ...filters, '--output-logs=errors-only'], { cwd: root });
  const packed: PackedPackage[] = [];
  const entries = FOLDERS.map(async (folder) =>
    (await readdir(join(root, folder))).toSorted().map((entry) => join(root, folder, entry)),
  );
  for (const folder of (await Promise.all(entries)).flat()) {
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
    if (manifest.private) continue;
    const { stdout } = await run('pnpm', ['pack', '--json', '--pack-destination', destination], { cwd: folder });
    const { filename } = JSON.parse(stdout) as { readonly filename: string };
    packed.push({
      name: manifest.name,
      tarball: filename,
      entryPoints: Object.keys(manifest.exports ?? {}).map((subpath) => manifest.name + subpath.slice(1)),
    });
  }
  return packed;
}
