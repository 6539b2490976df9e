import { once } from 'node:events';
import { join } from 'node:path';

import { cancelJob, followOutput, submitJob, waitForJob } from '@hodei/application';
import { openControlPlane, parseSettings } from '@hodei/server';

import type { Bench } from '../bench.ts';
import { atMost, toRow } from '../measure/row.ts';
import { until } from '../measure/until.ts';
import { benchDiagnostics } from '../world/diagnostics.ts';
import { settingsFor } from '../world/docker-plane.ts';
import { startProcess, type Started } from '../world/start-process.ts';

/** An instance is killed while its job runs: how long until another one owns the job. */
export const takeover: Bench = async (world, effort) => {
  await using stack = new AsyncDisposableStack();
  await world.docker();
  const { connectionString } = stack.use(await world.createDatabase());
  const env = settingsFor(world, connectionString);
  const diagnostics = benchDiagnostics((words) => world.say(words));
  // It only submits and looks: it claims nothing and takes nothing over.
  const { context } = stack.use(await openControlPlane(parseSettings(env), { diagnostics }));
  const samples: number[] = [];
  let owner = await startServer(env);
  for (let round = 0; round < effort.of(5, 1); round += 1) {
    const { id } = await submitJob(context, {
      image: world.image,
      command: ['sh', '-c', 'echo ready; while :; do sleep 1; done'],
    });
    for await (const _ of followOutput(context, { jobId: id, follow: true })) break;
    const { epoch } = await context.repositories.jobs.get(id);
    const heir = await startServer(env);
    const startedAt = performance.now();
    owner.process.kill('SIGKILL');
    await until(async () => (await context.repositories.jobs.get(id)).epoch !== epoch, { everyMs: 10 });
    samples.push(performance.now() - startedAt);
    owner = heir;
    await cancelJob(context, id, 'the benchmark');
    await waitForJob(context, id);
  }
  const ended = once(owner.process, 'close');
  owner.process.stdin?.end();
  await ended;
  return [
    toRow({
      name: 'takeover',
      what: 'SIGKILL of an instance to its job owned by another',
      unit: 'ms',
      ours: samples,
      target: atMost(5000),
    }),
  ];
};

async function startServer(env: NodeJS.ProcessEnv): Promise<Started> {
  const server = startProcess(join(import.meta.dirname, 'run-server.ts'), [], { env });
  await server.said('ready');
  return server;
}
