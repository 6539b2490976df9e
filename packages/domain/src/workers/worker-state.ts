import { canTransition, isTerminal, parseState, transition, type TransitionTable } from '../state-machine.ts';

/**
 * - `creating`: the row exists, the engine is being asked.
 * - `connecting`: the worker exists, but is not yet waiting for an order; of one that gets its job directly: it is about to
 *   be made, and runs it by itself from then on.
 * - `ready`: it waits for a launch order.
 * - `busy`: it has an order, or a job of its pool was placed on it. A reusable worker is `ready` again afterwards.
 * - `draining`: it finishes what it has and takes nothing new.
 * - `terminating`: it is being destroyed.
 * - `terminated`: the engine has it no longer.
 */
export type WorkerState = 'creating' | 'connecting' | 'ready' | 'busy' | 'draining' | 'terminating' | 'terminated';

/** A worker may be destroyed from every state; `terminated` is the only end. */
export const WORKER_TRANSITIONS = {
  creating: ['connecting', 'ready', 'terminating', 'terminated'],
  connecting: ['ready', 'terminating', 'terminated'],
  ready: ['busy', 'draining', 'terminating', 'terminated'],
  busy: ['ready', 'draining', 'terminating', 'terminated'],
  draining: ['terminating', 'terminated'],
  terminating: ['terminated'],
  terminated: [],
} as const satisfies TransitionTable<WorkerState>;

/** All worker states, in the order of a worker's life. */
export const WORKER_STATES = Object.keys(WORKER_TRANSITIONS) as readonly WorkerState[];

/** @throws HodeiError `invalid_transition`; see {@link WORKER_TRANSITIONS}. */
export const transitionWorker = (from: WorkerState, to: WorkerState): WorkerState =>
  transition(WORKER_TRANSITIONS, 'a worker', from, to);

export const canTransitionWorker = (from: WorkerState, to: WorkerState): boolean =>
  canTransition<WorkerState>(WORKER_TRANSITIONS, from, to);

export const isTerminalWorkerState = (state: WorkerState): boolean =>
  isTerminal<WorkerState>(WORKER_TRANSITIONS, state);

/** @throws HodeiError `unknown_value` */
export const parseWorkerState = (text: string): WorkerState =>
  parseState<WorkerState>(WORKER_TRANSITIONS, 'worker', text);
