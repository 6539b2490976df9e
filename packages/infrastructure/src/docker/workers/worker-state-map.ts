import { HodeiError, type WorkerState } from '@hodei/domain';

/**
 * What a container's state says about its worker. Whether a running one is `ready` or `busy` the engine does
 * not know: the rows do. `none` is what there is between our intent and the container.
 *
 * A container that has ended is still there with its exit code and logs; its worker is `terminated` for the
 * engine's part and is to be destroyed.
 */
export const WORKER_STATES_OF_DOCKER = {
  none: 'creating',
  created: 'connecting',
  restarting: 'connecting',
  running: 'ready',
  paused: 'draining',
  // podman's word while it stops one.
  stopping: 'terminating',
  removing: 'terminating',
  exited: 'terminated',
  dead: 'terminated',
} as const satisfies Record<string, WorkerState>;

/** @throws HodeiError `unknown_value`; an unknown state is never read as an end. */
export function toWorkerState(dockerState: string): WorkerState {
  const states: Readonly<Record<string, WorkerState>> = WORKER_STATES_OF_DOCKER;
  const state = Object.hasOwn(states, dockerState) ? states[dockerState] : undefined;
  if (state !== undefined) return state;
  throw new HodeiError(
    'unknown_value',
    `"${dockerState}" is no state of a container; known are ${Object.keys(states).join(', ')}`,
  );
}
