import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

it('the README runs a container by hand as it says', async () => {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  const [, code] = /<!-- example: docker-adapter -->\s*```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  if (code === undefined) throw new Error('the README has no example named docker-adapter');
  // Inside the package, where its own name and that of its dependencies resolve.
  const file = join(ROOT, 'packages', 'infrastructure', `readme-example-${randomUUID()}.ts`);
  await writeFile(file, code);
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@hodei/source', file]);
    expect(stdout).toMatch(/^hello\n\{ exitCode: 0, oomKilled: false/);
  } finally {
    await rm(file);
  }
});
