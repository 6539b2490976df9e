import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { packPackages, type PackedPackage } from '../packages/pack-packages.ts';
import { typeProblems } from '../packages/type-problems.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);

/** Libraries that a package asks its users to bring. */
const PEERS = ['dockerode', 'kysely', 'pg', 'vitest'];

let folder: string;
let packages: readonly PackedPackage[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hodei-packages-'));
  packages = await packPackages(ROOT, folder);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a packed package', () => {
  it('is there for every package that teams install', () => {
    expect(packages.map(({ name }) => name).toSorted()).toEqual(
      ['application', 'cli', 'client', 'domain', 'infrastructure', 'server', 'testkit'].map((name) => `@hodei/${name}`),
    );
  });

  it('keeps to the rules of publint', async () => {
    for (const { name, tarball } of packages) {
      const bytes = toArrayBuffer(await readFile(tarball));
      const { messages } = await publint({ pack: { tarball: bytes }, strict: true });
      expect({ name, messages }).toEqual({ name, messages: [] });
    }
  });

  it('has types that fit what is imported', async () => {
    for (const { name, tarball } of packages.filter(({ entryPoints }) => entryPoints.length > 0)) {
      const problems = await typeProblems(await readFile(tarball));
      expect({ name, problems }).toEqual({ name, problems: [] });
    }
  });
});

it('the packages can be installed into an empty project, and imported and compiled there', async () => {
  const project = join(folder, 'project');
  const { devDependencies } = JSON.parse(
    await readFile(join(ROOT, 'packages', 'infrastructure', 'package.json'), 'utf8'),
  ) as { devDependencies: Record<string, string> };
  expect(Object.keys(devDependencies)).toEqual(expect.arrayContaining(PEERS));
  const tarballs = Object.fromEntries(packages.map(({ name, tarball }) => [name, `file:${tarball}`]));
  const catalog = await readFile(join(ROOT, 'pnpm-workspace.yaml'), 'utf8');
  const versionOf = (library: string): string => {
    const version = new RegExp(`^  '?${library}'?: (.+)$`, 'm').exec(catalog)?.[1];
    if (version === undefined) throw new Error(`the catalog has no ${library}`);
    return version;
  };
  await mkdir(project);
  const peers = Object.fromEntries(PEERS.map((library) => [library, versionOf(library)]));
  await writeFile(
    join(project, 'package.json'),
    JSON.stringify({ name: 'empty', private: true, type: 'module', dependencies: { ...tarballs, ...peers } }),
  );
  // Until they are published, the packages find each other as these files only.
  const overrides = Object.entries(tarballs).map(([name, file]) => `  '${name}': '${file}'`);
  await writeFile(
    join(project, 'pnpm-workspace.yaml'),
    ['overrides:', ...overrides, 'strictDepBuilds: false', 'packageManagerStrict: false', ''].join('\n'),
  );
  const imports = packages
    .flatMap(({ entryPoints }) => entryPoints)
    .filter((entryPoint) => entryPoint !== '@hodei/testkit/conformance'); // is for inside a test runner
  await writeFile(
    join(project, 'main.ts'),
    imports.map((entryPoint, index) => `import * as part${index} from '${entryPoint}';`).join('\n') +
      `\nfor (const part of [${imports.map((_, index) => `part${index}`).join(', ')}]) console.log(Object.keys(part).length > 0);\n`,
  );
  await run('pnpm', ['install', '--prefer-offline', '--no-frozen-lockfile'], { cwd: project });

  const { stdout } = await run(process.execPath, ['main.ts'], { cwd: project });
  expect(stdout.trim().split('\n')).toEqual(imports.map(() => 'true'));
  const version = await run(join(project, 'node_modules', '.bin', 'hodei'), ['--version']);
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  await run(
    join(ROOT, 'node_modules', '.bin', 'tsc'),
    ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--skipLibCheck', '--types', '', 'main.ts'],
    { cwd: project },
  );
}, 120_000);

const toArrayBuffer = (bytes: Uint8Array): ArrayBuffer => {
  const buffer = new ArrayBuffer(bytes.length);
  new Uint8Array(buffer).set(bytes);
  return buffer;
};
