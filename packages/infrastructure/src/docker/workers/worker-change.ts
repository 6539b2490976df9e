import { LABELS, type WorkerEvent, type WorkerState } from '@hodei/domain';

import { readWorkerId } from './list-workers.ts';
import { objectOf } from '../engine/untyped.ts';

/** What an event of the engine says about a worker, by its action. Others say nothing about its state. */
export const STATES_BY_ACTION = {
  create: 'connecting',
  start: 'ready',
  unpause: 'ready',
  pause: 'draining',
  die: 'terminated',
  destroy: 'terminated',
} as const satisfies Record<string, WorkerState>;

/** When an event happened by the engine's clock, in nanoseconds since 1970: a double, some hundred off. */
export function readEventTime(value: unknown): number | undefined {
  const { timeNano, time } = objectOf(value);
  if (typeof timeNano === 'number') return timeNano;
  return typeof time === 'number' ? time * 1e9 : undefined;
}

/**
 * Reads one value of the engine's event stream; nothing where it does not change a worker's state.
 *
 * @throws HodeiError `unknown_value` where our label can't be read.
 */
export function readWorkerChange(value: unknown): Extract<WorkerEvent, { readonly kind: 'changed' }> | undefined {
  const event = objectOf(value);
  const states: Readonly<Record<string, WorkerState>> = STATES_BY_ACTION;
  const action = event['Action'];
  const state = typeof action === 'string' && Object.hasOwn(states, action) ? states[action] : undefined;
  const nanoseconds = readEventTime(value);
  if (event['Type'] !== 'container' || state === undefined || nanoseconds === undefined) return undefined;
  const actor = objectOf(event['Actor']);
  const labels = Object.fromEntries(
    Object.entries(objectOf(actor['Attributes'])).map(([key, text]) => [key, String(text)]),
  );
  if (labels[LABELS.worker] === undefined) return undefined;
  const exitCode = action === 'die' ? Number(labels['exitCode'] ?? Number.NaN) : Number.NaN;
  return {
    kind: 'changed',
    workerId: readWorkerId(labels, String(actor['ID'])),
    state,
    at: Math.floor(nanoseconds / 1e6),
    ...(Number.isInteger(exitCode) ? { exitCode } : {}),
  };
}
