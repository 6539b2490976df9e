import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { endpointFromSocket } from '../../../src/docker/connection/endpoint-from-socket.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('where nothing says where the engine is', () => {
  test.each([
    [
      'the default socket',
      ['default.sock', 'run/docker.sock', '.docker/run/docker.sock'],
      'default.sock',
      'default socket',
    ],
    ['the rootless socket', ['run/docker.sock', '.docker/run/docker.sock'], 'run/docker.sock', 'rootless socket'],
    ["Docker Desktop's socket", ['.docker/run/docker.sock'], '.docker/run/docker.sock', 'Docker Desktop socket'],
    ['the default socket, for the error to name it,', [], 'default.sock', 'default socket'],
  ])('%s is taken', async (_, there, taken, source) => {
    await using folder = await temporaryFolder();
    const home = folder.path;
    for (const name of ['run', '.docker/run']) await mkdir(join(home, name), { recursive: true });
    for (const name of there) await writeFile(join(home, name), '');
    const found = await endpointFromSocket(
      { XDG_RUNTIME_DIR: join(home, 'run') },
      home,
      'linux',
      join(home, 'default.sock'),
    );
    expect(found).toEqual({ endpoint: { kind: 'socket', socketPath: join(home, taken) }, source });
  });
});
