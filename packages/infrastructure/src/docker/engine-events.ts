import type { EpochMs, WorkerHandle } from '@hodei/domain';

import type { DockerEngine } from './docker-engine.ts';
import { openStream, readText } from './engine-request.ts';

/** What the engine remembers of one moment of a container. */
export interface ContainerEvent {
  readonly action: string;
  readonly at: EpochMs;
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * Asks the engine for what it remembers of a container (the last 256 events of all, moby daemon/events).
 * Never follows: `until` is no later than shortly from now.
 */
export async function readPastEvents(
  engine: DockerEngine,
  { workerId, resourceId }: Pick<WorkerHandle, 'workerId' | 'resourceId'>,
  {
    actions,
    since,
    until,
    signal,
  }: {
    readonly actions: readonly string[];
    readonly since: EpochMs;
    readonly until: EpochMs;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<readonly ContainerEvent[]> {
  const query = {
    since: (since / 1000).toFixed(3),
    until: (until / 1000).toFixed(3),
    filters: JSON.stringify({ type: ['container'], container: [resourceId], event: actions }),
  };
  const text = await engine.call(
    { doing: `reading the events of worker ${workerId}`, subject: `worker ${workerId}` },
    async (docker, abortSignal) => readText(await openStream(docker, 'GET', { path: '/events', query, abortSignal })),
    { signal },
  );
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => toEvent(JSON.parse(line) as EngineEvent));
}

/** The parts of the engine's event that are used here (API, "Monitor events"). */
interface EngineEvent {
  readonly Action: string;
  readonly timeNano: number;
  readonly Actor: { readonly Attributes: Readonly<Record<string, string>> };
}

const toEvent = ({ Action, timeNano, Actor }: EngineEvent): ContainerEvent => ({
  action: Action,
  at: Math.floor(timeNano / 1e6),
  attributes: Actor.Attributes,
});
