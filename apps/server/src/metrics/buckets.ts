/** Upper bounds in seconds, from a warm start of a millisecond to a pull of minutes. */
export const START_BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
] as const;

/** Upper bounds in seconds of how long jobs run: from a moment to a day. */
export const RUN_BUCKETS = [0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400] as const;

/** Upper bounds in seconds of how long requests take. */
export const REQUEST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30] as const;

/** Milliseconds, as Prometheus wants lengths of time. */
export const seconds = (ms: number): number => ms / 1000;
