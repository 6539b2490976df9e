import {
  canTransitionJob,
  canTransitionWorker,
  isTerminalJobState,
  JOB_STATES,
  WORKER_STATES,
  type JobState,
  type WorkerState,
} from '@hodei/domain';

/** The states that the table lets this one follow: the "from" of a compare-and-set. */
export const jobStatesBefore = (to: JobState): readonly JobState[] =>
  JOB_STATES.filter((from) => canTransitionJob(from, to));

/** The states that the table lets this one follow. */
export const workerStatesBefore = (to: WorkerState): readonly WorkerState[] =>
  WORKER_STATES.filter((from) => canTransitionWorker(from, to));

/** States as literals in the text of a statement, which need not be sent with each call then. */
export const quoted = (states: readonly (JobState | WorkerState)[]): string =>
  states.map((state) => `'${state}'`).join(', ');

/** The states of jobs that have not ended. */
export const LIVE_JOB_STATES: readonly JobState[] = JOB_STATES.filter((state) => !isTerminalJobState(state));
