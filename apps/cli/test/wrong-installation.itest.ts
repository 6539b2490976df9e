import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { callEngine } from '../../../scripts/engine/engine-request.ts';
import { findEngine } from '../../../scripts/engine/reach-engine.ts';
import { openInstallation, until, type Installation } from './support/hodei.ts';

let here: Installation;
let other: Server;

/** An engine that says that it is another one than ours, and lets itself be looked at. */
async function openOtherEngine(path: string): Promise<Server> {
  const { endpoint } = await findEngine();
  const server = createServer((request, response) => {
    const answer = async (): Promise<string> => {
      const text = await callEngine(endpoint, request.url ?? '/');
      return /\/info(\?|$)/.test(request.url ?? '')
        ? JSON.stringify({ ...JSON.parse(text), ID: 'THE-OTHER-ENGINE' })
        : text;
    };
    answer().then(
      (text) => response.end(text),
      () => response.writeHead(500).end('{}'),
    );
  });
  await once(server.listen(path), 'listening');
  return server;
}

beforeAll(async () => {
  here = await openInstallation('server');
  other = await openOtherEngine(join(here.folder, 'other.sock'));
});
afterAll(async () => {
  other.closeAllConnections();
  other.close();
  await here.close();
});

const embedded = { HODEI_URL: '' };

describe('beside a server that runs', () => {
  test('a process that means another engine by "docker" runs nothing, and says which is which', async () => {
    const env = { ...embedded, DOCKER_HOST: `unix://${here.folder}/other.sock` };
    const { endpoint } = await findEngine();
    const { ID: ours } = JSON.parse(await callEngine(endpoint, '/info')) as { readonly ID: string };
    const { code, stdout, stderr } = await here.hodei(['run', '--', 'true'], env);
    expect({ code, stdout }).toEqual({ code: 125, stdout: '' });
    expect(stderr).toMatch(/provider docker is the engine THE-OTHER-ENGINE here, and the engine (\S+) for \S+:\d+/);
    expect(stderr).toContain(ours);
    expect(stderr).toMatch(/under a name of its own.*\(provider_unavailable\)\n$/);

    const second = here.start(['serve'], env);
    const [, url] = await second.seenMatch(/listening at (\S+)\n/);
    const readiness = await fetch(`${url}/readyz`);
    expect(readiness.status).toBe(503);
    expect(await readiness.json()).toMatchObject({
      checks: expect.arrayContaining([expect.objectContaining({ name: 'provider', ok: false })]),
    });
    second.child.kill('SIGTERM');
    expect(await second.done).toMatchObject({ code: 0, stderr: expect.stringContaining('THE-OTHER-ENGINE') });
    // Ours is not disturbed.
    expect(await here.hodei(['run', '--', 'true'])).toMatchObject({ code: 0, stderr: '' });
  });

  test('a process with another sealing key runs nothing, and says what to do', async () => {
    const env = { ...embedded, HODEI_SEALING_KEY: '11'.repeat(32) };
    const { code, stderr } = await here.hodei(['run', '--', 'true'], env);
    expect(code).toBe(125);
    expect(stderr).toMatch(/^hodei: the sealing key .*HODEI_SEALING_KEY.*sealing\.key.* \(config_invalid\)\n$/);
    expect(await here.hodei(['serve'], env)).toMatchObject({ code: 125, stderr });
    // Whoever only looks needs none.
    expect(await here.hodei(['jobs', 'ls', '-q'], env)).toMatchObject({ code: 0 });
    await until(async () => (await here.containers()).length === 0);
  });
});
