import type { Duplex } from 'node:stream';

import type Docker from 'dockerode';

/** A container by plain dockerode, as the floor of everything we do with one. */
export interface PlainContainer {
  readonly container: Docker.Container;
  readonly output: Duplex;
}

/** create + attach + start. */
export async function startPlain(
  docker: Docker,
  image: string,
  command: readonly string[],
  hostConfig: Docker.ContainerCreateOptions['HostConfig'] = {},
): Promise<PlainContainer> {
  const container = await docker.createContainer({
    Image: image,
    Cmd: [...command],
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: { NetworkMode: 'none', ...hostConfig },
  });
  const output = (await container.attach({ stream: true, stdout: true, stderr: true })) as unknown as Duplex;
  await container.start();
  return { container, output };
}

/** wait + remove. */
export async function finishPlain({ container, output }: PlainContainer): Promise<void> {
  output.resume();
  await container.wait();
  await container.remove();
}
