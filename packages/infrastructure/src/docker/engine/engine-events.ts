import type { EpochMs, WorkerHandle } from '@hodei/domain';

import type { DockerCall } from './docker-call.ts';
import type { DockerEngine } from './docker-engine.ts';
import { openStream, readText } from './engine-request.ts';

/** What the engine remembers of one moment of a container. */
export interface ContainerEvent {
  readonly action: string;
  /** Of the container. */
  readonly id: string;
  readonly at: EpochMs;
  readonly attributes: Readonly<Record<string, string>>;
}

/** So many events the engine remembers, of all that happened since it was started (moby daemon/events). */
export const EVENTS_KEPT = 256;

/**
 * Asks the engine for what it remembers of a container; over a new connection, which only an engine that stays takes.
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
  const call = { doing: `reading the events of worker ${workerId}`, subject: `worker ${workerId}` };
  const lines = await readEventLines(engine, call, query, signal);
  return lines.map((line) => toEvent(JSON.parse(line) as EngineEvent));
}

/** All that the engine remembers; where that is {@link EVENTS_KEPT}, it may have forgotten some. */
export async function readAllPastEvents(
  engine: DockerEngine,
  until: EpochMs,
  signal?: AbortSignal,
): Promise<readonly ContainerEvent[]> {
  const query = { since: '0', until: (until / 1000).toFixed(3) };
  const lines = await readEventLines(engine, { doing: 'reading its events' }, query, signal);
  return lines.map((line) => toEvent(JSON.parse(line) as EngineEvent));
}

async function readEventLines(
  engine: DockerEngine,
  call: DockerCall,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const text = await engine.call(
    call,
    async (_, abortSignal) => readText(await openStream(engine.anew, 'GET', { path: '/events', query, abortSignal })),
    { signal },
  );
  return text.split('\n').filter((line) => line !== '');
}

/** The parts of the engine's event that are used here (API, "Monitor events"). */
interface EngineEvent {
  readonly Action: string;
  readonly timeNano: number;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
}

const toEvent = ({ Action, timeNano, Actor }: EngineEvent): ContainerEvent => ({
  action: Action,
  id: Actor.ID,
  at: Math.floor(timeNano / 1e6),
  attributes: Actor.Attributes,
});
