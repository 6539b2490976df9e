import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import type { EngineEndpoint } from '../engine/engine-address.ts';
import { callEngine } from '../engine/engine-request.ts';
import { findEngine } from '../engine/reach-engine.ts';
import { processesNaming } from '../private-engine/processes.ts';
import { startPrivateEngine } from '../private-engine/start-private-engine.ts';
import { privateEngineIsLeftOut } from '../private-engine/why-no-private-engine.ts';

describe.skipIf(privateEngineIsLeftOut('scripts/test/private-engine'))('a private engine', () => {
  it("runs containers, can be killed and started again, and leaves nothing, nor touches the machine's own", async () => {
    const { endpoint: shared } = await findEngine();
    const { busybox } = inject('images');
    const bridge = await bridgeOf(shared);
    const engine = await startPrivateEngine({ from: shared, images: [busybox], liveRestore: true });
    const folder = dirname(engine.socketPath);
    try {
      const post = async (path: string, body: object = {}): Promise<string> =>
        callEngine(engine.endpoint, path, {
          method: 'POST',
          body: JSON.stringify(body),
          contentType: 'application/json',
        });
      const created = await post('/containers/create', {
        Image: busybox,
        Cmd: ['sleep', '600'],
        HostConfig: { NetworkMode: 'none' },
      });
      const { Id } = JSON.parse(created) as { Id: string };
      await post(`/containers/${Id}/start`);
      await engine.kill();
      await engine.start();
      const { State } = JSON.parse(await callEngine(engine.endpoint, `/containers/${Id}/json`)) as {
        State: { Running: boolean };
      };
      expect(State.Running).toBe(true);
      // The worst there is to clean up: nobody is there to end the container.
      await engine.kill();
    } finally {
      await engine[Symbol.asyncDispose]();
    }
    expect(await processesNaming(folder)).toEqual([]);
    expect(await readFile('/proc/mounts', 'utf8')).not.toContain(folder);
    expect(existsSync(folder)).toBe(false);
    expect(await bridgeOf(shared)).toBe(bridge);
  });
});

/** The network that a second daemon beside the first would delete. */
const bridgeOf = async (engine: EngineEndpoint): Promise<string> =>
  (JSON.parse(await callEngine(engine, '/networks/bridge')) as { Id: string }).Id;
