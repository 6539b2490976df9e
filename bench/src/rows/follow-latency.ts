import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';

import { cancelJob, followOutput, submitJob, waitForJob } from '@hodei/application';

import type { Effort } from '../bench.ts';
import { toRow, type Row } from '../measure/row.ts';
import type { DockerPlane } from '../world/docker-plane.ts';
import type { World } from '../world/world.ts';

/**
 * How much later than a plain attach a follower sees a line: ours, and `docker logs -f`, of the same lines of the
 * same container. A line has a number, and a pause before the next.
 */
export async function followLatency(world: World, { plane }: DockerPlane, effort: Effort): Promise<readonly Row[]> {
  const { context, runner } = plane;
  const docker = await world.docker();
  const lines = effort.of(100, 5);
  const command = ['sh', '-c', 'i=0; while :; do i=$((i+1)); echo line-$i-; sleep 0.05; done'];
  const { id } = await submitJob(context, { image: world.image, command });
  const output = followOutput(context, { jobId: id, follow: true });
  await output.next();
  const [attempt] = await context.repositories.attempts.listByJob(id);
  const { handle } = await context.repositories.workers.get(attempt?.workerId ?? missing());
  const container = docker.getContainer(handle?.resourceId ?? missing());

  const [attached, ours, cli] = [new Map<string, number>(), new Map<string, number>(), new Map<string, number>()];
  const stream = (await container.attach({ stream: true, stdout: true })) as unknown as Duplex;
  stream.on('data', (data: Buffer) => note(attached, data));
  const child = spawn('docker', ['logs', '-f', '--tail', '0', container.id], { stdio: ['ignore', 'pipe', 'ignore'] });
  child.stdout.on('data', (data: Buffer) => note(cli, data));
  while (cli.size < lines) {
    const { value } = (await output.next()) as { value?: { bytes: Uint8Array } };
    note(ours, Buffer.from(value?.bytes ?? missing()));
  }
  await output.return(undefined);
  stream.destroy();
  child.kill();
  await once(child, 'close');
  await cancelJob(context, id, 'the benchmark', { force: true });
  await waitForJob(context, id);
  await runner.idle();

  const seen = [...attached].filter(([line]) => ours.has(line) && cli.has(line));
  const later = (than: Map<string, number>): readonly number[] => seen.map(([line, at]) => (than.get(line) ?? 0) - at);
  return [
    toRow({
      name: 'logs-follow',
      what: 'a line seen by a follower, durable, later than by plain attach',
      unit: 'ms',
      ours: later(ours),
      against: { name: 'docker logs -f', samples: later(cli) },
    }),
  ];
}

function note(moments: Map<string, number>, data: Buffer): void {
  for (const [line] of data.toString('latin1').matchAll(/line-\d+-/g)) moments.set(line, performance.now());
}

function missing(): never {
  throw new Error('the job has no worker');
}
