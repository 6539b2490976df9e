import type { DockerEngine, EngineCallOptions } from '../engine/docker-engine.ts';
import { openStream, readText } from '../engine/engine-request.ts';
import type { Subject } from './inspect-container.ts';

/**
 * Waits until a container has ended; once, over one connection.
 *
 * Plain `wait`, which answers at once for what has ended: with `condition=next-exit`, sent together with the
 * start, moby 20.10 never answered. The engine sends the head of its response at once and the rest at the end,
 * so that a connection which breaks in between must be noticed; see {@link readText}.
 *
 * @throws HodeiError `worker_not_found`, `provider_unavailable`; `provider_timeout` where it has not ended in
 * time.
 */
export async function waitUntilEnded(
  engine: DockerEngine,
  { workerId, resourceId }: Subject,
  options: EngineCallOptions,
): Promise<void> {
  await engine.call(
    { doing: `waiting for the end of worker ${workerId}`, subject: `worker ${workerId}` },
    async (docker, abortSignal) =>
      readText(await openStream(docker, 'POST', { path: `/containers/${resourceId}/wait`, query: {}, abortSignal })),
    options,
  );
}
