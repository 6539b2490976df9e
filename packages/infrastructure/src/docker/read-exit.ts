import { constants } from 'node:os';

import type { WorkerExit } from '@hodei/domain';
import type Docker from 'dockerode';

import type { DockerEngine } from './docker-engine.ts';
import { readPastEvents, type ContainerEvent } from './engine-events.ts';
import type { Subject } from './inspect-container.ts';

/** A shell, docker-init and the engine say 128 and the signal's number for a process that a signal ended. */
const SIGNALLED = 128;
/** The engine writes down a `kill` just after it has sent the signal, so perhaps just after the end. */
const LATE_EVENT_MS = 50;

/** How an ended container ended. A signal is reported where the engine sent one and it fits the exit code. */
export async function readExit(
  engine: DockerEngine,
  subject: Subject,
  { State }: Docker.ContainerInspectInfo,
  signal?: AbortSignal,
): Promise<WorkerExit> {
  const exitedAt = Date.parse(State.FinishedAt);
  const exit = { exitCode: State.ExitCode, oomKilled: State.OOMKilled, exitedAt };
  if (State.ExitCode <= SIGNALLED) return exit;
  const span = { since: Date.parse(State.StartedAt), until: exitedAt + LATE_EVENT_MS };
  const kills = await readPastEvents(engine, subject, { actions: ['kill'], ...span, signal });
  return { ...exit, ...signalOf(kills, State.ExitCode) };
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
