import { describe, expect, inject, it } from 'vitest';
import type { EngineEndpoint } from '../engine/engine-address.ts';
import { callEngine } from '../engine/engine-request.ts';
import { findEngine } from '../engine/reach-engine.ts';

interface Ended {
  readonly exitCode: number;
  readonly output: string;
}

const runContainer = async (engine: EngineEndpoint, image: string, config: object = {}): Promise<Ended> => {
  const created = await callEngine(engine, '/containers/create', {
    method: 'POST',
    // A terminal makes the log plain text: one stream, no frames.
    body: JSON.stringify({ Image: image, Tty: true, HostConfig: { NetworkMode: 'none' }, ...config }),
    contentType: 'application/json',
  });
  const { Id: id } = JSON.parse(created) as { Id: string };
  try {
    await callEngine(engine, `/containers/${id}/start`, { method: 'POST' });
    const waited = await callEngine(engine, `/containers/${id}/wait`, { method: 'POST' });
    const { StatusCode: exitCode } = JSON.parse(waited) as { StatusCode: number };
    return { exitCode, output: await callEngine(engine, `/containers/${id}/logs?stdout=1`) };
  } finally {
    await callEngine(engine, `/containers/${id}?force=1`, { method: 'DELETE' });
  }
};

describe('the images that the tests use', async () => {
  const { endpoint } = await findEngine();
  const images = inject('images');

  it('has a busybox with a shell', async () => {
    const ended = await runContainer(endpoint, images.busybox, { Cmd: ['sh', '-c', 'echo $((6 * 7)); exit 3'] });
    expect(ended).toEqual({ exitCode: 3, output: '42\r\n' });
  });

  it('has an image that runs its own command', async () => {
    expect(await runContainer(endpoint, images.entrypoint)).toEqual({ exitCode: 0, output: 'from cmd\r\n' });
  });

  it('has an image with an environment, a folder and a user of its own', async () => {
    const ended = await runContainer(endpoint, images.entrypoint, {
      Entrypoint: ['sh', '-c'],
      Cmd: ['echo $GREETING $PWD $(id -u):$(id -g)'],
    });
    expect(ended.output).toBe('hello /tmp 1000:1000\r\n');
  });

  it('has an image with programs and without a shell', async () => {
    expect((await runContainer(endpoint, images.noShell, { Cmd: ['echo', 'hi'] })).output).toBe('hi\r\n');
    await expect(runContainer(endpoint, images.noShell, { Cmd: ['/bin/sh', '-c', 'true'] })).rejects.toThrow('/bin/sh');
  });
});
