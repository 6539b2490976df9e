/** `fail`: jobs can't run like this; `warn`: they can, but a person should know. */
export type Verdict = 'ok' | 'warn' | 'fail';

/** One thing that `hodei doctor` looked at. */
export interface Finding {
  readonly subject: string;
  readonly verdict: Verdict;
  /** What was seen. */
  readonly detail: string;
  /** What to do about it, where there is something to do. */
  readonly advice?: string;
}
