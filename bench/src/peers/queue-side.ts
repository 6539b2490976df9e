/** How many callers submit at once where jobs are submitted singly, side by side. */
export const CALLERS = 16;
/** How many jobs one call submits where they are submitted in batches. */
export const BATCH = 100;

/** One system that takes no-op jobs and runs them, on a database of its own. */
export interface QueueSide extends AsyncDisposable {
  /** Submits a job, waits until its end is recorded, then the next. */
  oneByOne(count: number): Promise<void>;
  /** One job a call, by {@link CALLERS} callers. */
  submitSingly(count: number): Promise<void>;
  /** {@link BATCH} jobs a call, one call after the other. */
  submitInBatches(count: number): Promise<void>;
  /** Begins to run what others submit. Present where looking for jobs costs so much that the others would feel it. */
  work?(): void;
  /** Its turn is over: until the next one it takes nothing of the machine. Neither is within the time that is measured. */
  rest?(): Promise<void>;
  /**
   * In the database: whether the end of every job is recorded, with all that comes with it. It is asked every few
   * milliseconds while jobs run, so it has to be answered from an index: one that reads what has finished is measured itself.
   */
  readonly isDrained: string;
}

/** How a side is opened: to submit and run, to submit only, or to run only. */
export type Role = 'both' | 'submit' | 'run';
