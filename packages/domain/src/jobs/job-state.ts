import { canTransition, isTerminal, parseState, transition, type TransitionTable } from '../state-machine.ts';

/**
 * - `pending`: waits to be claimed (or, after a retry, for its turn).
 * - `scheduled`: an instance owns it and prepares a worker.
 * - `running`: the launch order was carried out.
 * - `succeeded`, `failed`, `cancelled`, `timed_out`: ended, with a cause.
 */
export type JobState = 'pending' | 'scheduled' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'timed_out';

/** `pending` again after a retry or a lost worker; the four last ones are ends. */
export const JOB_TRANSITIONS = {
  pending: ['scheduled', 'failed', 'cancelled', 'timed_out'],
  scheduled: ['running', 'pending', 'failed', 'cancelled', 'timed_out'],
  running: ['succeeded', 'failed', 'cancelled', 'timed_out', 'pending'],
  succeeded: [],
  failed: [],
  cancelled: [],
  timed_out: [],
} as const satisfies TransitionTable<JobState>;

/** All job states, in the order of a job's life. */
export const JOB_STATES = Object.keys(JOB_TRANSITIONS) as readonly JobState[];

/** @throws HodeiError `invalid_transition`; see {@link JOB_TRANSITIONS}. */
export const transitionJob = (from: JobState, to: JobState): JobState => transition(JOB_TRANSITIONS, 'a job', from, to);

export const canTransitionJob = (from: JobState, to: JobState): boolean =>
  canTransition<JobState>(JOB_TRANSITIONS, from, to);

export const isTerminalJobState = (state: JobState): boolean => isTerminal<JobState>(JOB_TRANSITIONS, state);

/** The states in which a job has ended. */
export const TERMINAL_JOB_STATES = JOB_STATES.filter(isTerminalJobState);

/** @throws HodeiError `unknown_value` */
export const parseJobState = (text: string): JobState => parseState<JobState>(JOB_TRANSITIONS, 'job', text);
