import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

import type { WorkerExit } from '@hodei/domain';
import type Docker from 'dockerode';

import type { DockerEngine } from '../engine/docker-engine.ts';
import { readDockerInfo } from '../engine/docker-info.ts';
import { readPastEvents, type ContainerEvent } from '../engine/engine-events.ts';
import type { Subject } from '../workers/inspect-container.ts';
import { recallEngine } from '../engine/recall-engine.ts';

/** A shell, docker-init and the engine say 128 and the signal's number for a process that a signal ended. */
const SIGNALLED = 128;
const KILLED = 137;
/** What an engine says of a container that ended while it was away, where it could not find out how. */
const UNKNOWN = 255;
/** The engine writes down a `kill` just after it has sent the signal, so perhaps just after the end. */
const LATE_EVENT_MS = 50;
/** On cgroup v1 the word that it was for memory may come after the end, and then only as an event (moby 20.10). */
const LATE_OOM_MS = 400;

/** How much is known of the way that a job's output came. */
export interface ExitQuery {
  readonly signal?: AbortSignal | undefined;
  /** Whether its output came over one connection, to its end: then the engine was there until then. */
  readonly wasWatched?: boolean;
  /** What the engine says of it, where it was seen to have ended. */
  readonly ended?: Docker.ContainerInspectInfo | undefined;
}

/**
 * How an ended container ended. A signal is reported where the engine sent one and it fits the exit code.
 *
 * An engine without live-restore ends its containers when it goes down, with the same signals as everybody, and an
 * engine that is killed loses what is written while it is away. So the engine is asked what it remembers; and over a
 * new connection, since one that goes down still serves those it has.
 *
 * @throws HodeiError `provider_unavailable`, `provider_timeout` where it goes down just now: it may have ended it.
 */
export async function readExit(
  engine: DockerEngine,
  subject: Subject,
  { State }: Docker.ContainerInspectInfo,
  { signal, wasWatched = false }: ExitQuery = {},
): Promise<WorkerExit> {
  const exitedAt = Date.parse(State.FinishedAt);
  const exit = { exitCode: State.ExitCode, oomKilled: State.OOMKilled, exitedAt };
  if (State.ExitCode === 0 && wasWatched) return exit;
  const span = { since: 0, until: exitedAt + LATE_EVENT_MS };
  let events = await readPastEvents(engine, subject, { actions: ACTIONS, ...span, signal });
  if (!events.some(({ action }) => action === 'start')) {
    const startedAt = Date.parse(State.StartedAt);
    const look = (): Promise<void> => engine.lives.look(() => recallEngine(engine, signal));
    await look();
    const tooEarlyMs = engine.lives.tooEarlyMs(startedAt);
    if (tooEarlyMs > 0) {
      await delay(tooEarlyMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
      await look();
    }
    const life = engine.lives.find(subject.resourceId, startedAt);
    if (life !== undefined) {
      const sawEnd = exitedAt > life.at || life.ends.has(subject.resourceId);
      const told = toldByEngine(State, { ...life, sawEnd });
      if (told !== undefined) return { ...exit, ...told };
    }
  }
  if (State.ExitCode === KILLED && !State.OOMKilled && !events.some(({ action }) => action !== 'start')) {
    await delay(LATE_OOM_MS, undefined, { signal }).catch(() => signal?.throwIfAborted());
    // By the engine's clock: one that was stopped in between writes it down only when it goes on.
    const { now = exitedAt + LATE_OOM_MS } = await readDockerInfo(engine, { signal });
    events = await readPastEvents(engine, subject, { actions: ACTIONS, since: 0, until: now, signal });
  }
  const oomKilled = State.OOMKilled || events.some(({ action }) => action === 'oom');
  return { ...exit, oomKilled, ...signalOf(events, State.ExitCode) };
}

/** What is known of an end where the engine's life began after the container's; nothing where it saw it as any other. */
function toldByEngine(
  { ExitCode, OOMKilled }: Docker.ContainerInspectInfo['State'],
  { liveRestore, sawEnd }: { readonly liveRestore: boolean; readonly sawEnd: boolean },
): Pick<WorkerExit, 'endedByEngine' | 'outputMayBeCut'> | undefined {
  const isFault = ExitCode !== 0 && !OOMKilled;
  // An engine that was killed was seen to say 0 of a container that had ended with 39 while it was away.
  const isHearsay = ExitCode === 0 && !sawEnd;
  // Without live-restore none outlives its engine.
  const wasEnded = isHearsay || (isFault && (!liveRestore || ExitCode === UNKNOWN || (ExitCode === KILLED && !sawEnd)));
  if (!wasEnded && sawEnd) return undefined;
  return { ...(wasEnded ? { endedByEngine: true } : {}), ...(sawEnd ? {} : { outputMayBeCut: true }) };
}

const ACTIONS = ['start', 'kill', 'oom'] as const;

/** The signal that the engine sent shortly before a job ended by it. */
export async function signalSent(
  engine: DockerEngine,
  subject: Subject,
  { exitCode, exitedAt }: Pick<WorkerExit, 'exitCode' | 'exitedAt'>,
  signal?: AbortSignal,
): Promise<Pick<WorkerExit, 'signal'>> {
  if (exitCode <= SIGNALLED) return {};
  const span = { since: 0, until: exitedAt + LATE_EVENT_MS };
  return signalOf(await readPastEvents(engine, subject, { actions: ['kill'], ...span, signal }), exitCode);
}

/**
 * How a container ended that is gone already, as far as the engine remembers; nothing where it does not
 * remember its end.
 */
export async function readExitOfGone(
  engine: DockerEngine,
  subject: Subject,
  signal?: AbortSignal,
): Promise<WorkerExit | undefined> {
  const span = { since: 0, until: Date.now() };
  const events = await readPastEvents(engine, subject, { actions: ['kill', 'die', 'oom'], ...span, signal });
  const died = events.findLast(({ action }) => action === 'die');
  const exitCode = Number(died?.attributes['exitCode']);
  if (died === undefined || !Number.isInteger(exitCode)) return undefined;
  return {
    exitCode,
    oomKilled: events.some(({ action }) => action === 'oom'),
    exitedAt: died.at,
    ...signalOf(events, exitCode),
  };
}

function signalOf(events: readonly ContainerEvent[], exitCode: number): Pick<WorkerExit, 'signal'> {
  const number = exitCode - SIGNALLED;
  const wasSent = events.some(({ action, attributes }) => action === 'kill' && Number(attributes['signal']) === number);
  const signal = Object.entries(constants.signals).find(([, each]) => each === number)?.[0];
  return wasSent && signal !== undefined ? { signal } : {};
}
