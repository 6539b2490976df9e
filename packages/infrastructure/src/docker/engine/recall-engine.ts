import type { DockerEngine } from './docker-engine.ts';
import { readDockerInfo } from './docker-info.ts';
import { EVENTS_KEPT, readAllPastEvents } from './engine-events.ts';
import type { EngineLook } from './engine-lives.ts';

/**
 * Asks an engine for all it remembers since it was started; nothing where it may have forgotten some.
 *
 * It keeps the last {@link EVENTS_KEPT}, and of those it gives none that came after the moment that is asked for. So
 * fewer may come back although it has forgotten some: those that came between that moment and the answer are counted
 * by asking once more.
 */
export async function recallEngine(engine: DockerEngine, signal?: AbortSignal): Promise<EngineLook | undefined> {
  const { now: at, liveRestore } = await readDockerInfo(engine, { signal });
  if (at === undefined) return undefined;
  const events = await readAllPastEvents(engine, at, signal);
  if (events.length >= EVENTS_KEPT) return undefined;
  const { now: later = 0 } = await readDockerInfo(engine, { signal });
  const laterEvents = await readAllPastEvents(engine, Math.max(at, later), signal);
  const between = laterEvents.filter((event) => event.at >= at).length;
  if (later < at || events.length + between >= EVENTS_KEPT) return undefined;
  const idsOf = (wanted: string): ReadonlySet<string> =>
    new Set(events.flatMap(({ action, id }) => (action === wanted ? [id] : [])));
  return { at, liveRestore, starts: idsOf('start'), ends: idsOf('die') };
}
