/** A moment, as ISO 8601 in UTC with milliseconds. */
export type Moment = string;

/** The states of a job; the last four are its ends. */
export type JobState = 'pending' | 'scheduled' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'timed_out';

/** Whether a job in this state has ended. */
export const hasEnded = (state: JobState): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'cancelled' || state === 'timed_out';

/** What a job may use; every field is a hard limit, an absent one takes the provider's default. */
export interface Resources {
  /** CPU cores, may be fractional. */
  readonly cpu?: number;
  readonly memoryBytes?: number;
  readonly pids?: number;
  readonly diskBytes?: number;
  readonly gpu?: number;
}

/** What a job asks of the place it runs in. */
export interface Requirements {
  readonly architecture?: string;
  readonly capabilities?: readonly string[];
  readonly regions?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly gpuType?: string;
  readonly runtime?: string;
}

/** What to run: the body of `POST /v1/jobs`. */
export interface JobInput {
  /** Absent: the server's default. */
  readonly image?: string;
  /** The program and its arguments. Not together with `script`. */
  readonly command?: readonly string[];
  /** Run by the image's `/bin/sh -c`. Not together with `command`. */
  readonly script?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** By name; sealed before they are stored, masked in the output. */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly workdir?: string;
  /** What the job reads on stdin: a text, or any bytes. */
  readonly stdin?: string | { readonly base64: string };
  readonly resources?: Resources;
  /** `none`, `bridge` or the name of a network. */
  readonly network?: string;
  readonly timeoutMs?: number;
  readonly retry?: { readonly maxAttempts?: number; readonly backoffMs?: number };
  /** The rest of its output is counted and dropped. */
  readonly maxOutputBytes?: number;
  /** It finds a token to report with in `HODEI_WORKER_TOKEN`. */
  readonly selfReport?: boolean;
  /** Higher runs earlier. */
  readonly priority?: number;
  /** Absent: `default`. */
  readonly queue?: string;
  /** For whom it is; a token of a tenant sets it. */
  readonly tenant?: string;
  /** Jobs with the same key count together, where the key has a limit. */
  readonly concurrencyKey?: string;
  /** It does not begin before; where it may and there is room, it is taken up at most 50 ms after. */
  readonly notBefore?: Moment;
  /** The longest it may wait for its first start. */
  readonly waitTimeoutMs?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly requirements?: Requirements;
  readonly name?: string;
}

/** What is known about an end. */
export interface Evidence {
  readonly exitCode?: number;
  readonly signal?: string;
  readonly oomKilled?: boolean;
  readonly code?: string;
  readonly message?: string;
  readonly by?: string;
}

/** Why something ended, and what is known of it; absent while it has not. */
export interface Ended {
  /** Like `exited`, `oom_killed`, `worker_lost`. */
  readonly cause?: string;
  readonly evidence?: Evidence;
}

/** A job as the server knows it. Fields of a newer server are kept, though not in this type. */
export interface Job extends Ended {
  readonly id: string;
  readonly name?: string;
  readonly state: JobState;
  readonly queue: string;
  readonly createdAt: Moment;
  readonly startedAt?: Moment;
  readonly finishedAt?: Moment;
  /** While pending: it is not begun before. */
  readonly notBefore?: Moment;
  /** Who asked for it. */
  readonly submittedBy?: string;
  readonly cancelRequest?: { readonly at: Moment; readonly by: string; readonly force?: true };
  /** What was asked for, with the defaults filled in; never the value of a secret. */
  readonly spec: JobSpec;
}

/** What was asked for, with the defaults filled in. */
export interface JobSpec {
  readonly image: string;
  readonly command?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly secretNames: readonly string[];
  readonly workdir?: string;
  readonly stdinBytes?: number;
  readonly resources: Resources;
  readonly network: string;
  readonly requirements: Requirements;
  readonly timeoutMs?: number;
  readonly retry: { readonly maxAttempts: number; readonly backoffMs: number };
  readonly maxOutputBytes?: number;
  readonly selfReport?: true;
  readonly priority: number;
  readonly queue: string;
  readonly tenant?: string;
  readonly concurrencyKey?: string;
  readonly notBefore?: Moment;
  readonly waitTimeoutMs?: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly name?: string;
  /** The trace that the job is a part of (W3C Trace Context). */
  readonly traceparent?: string;
}

/** Bytes that are missing of a job's output, and why. */
export interface OutputGap {
  /** Like `log_lost`, `worker_lost`, `over_limit`. */
  readonly reason: string;
  /** Absent where nobody knows. */
  readonly lostBytes?: number;
}

/** The phases of an attempt, in their order. */
export type AttemptPhase =
  | 'claimed'
  | 'imageReady'
  | 'workerReady'
  | 'ordered'
  | 'launched'
  | 'firstByte'
  | 'exited'
  | 'ended';

/** One try of a job on one worker. */
export interface Attempt extends Ended {
  readonly id: string;
  /** 1 for the first. */
  readonly number: number;
  readonly workerId: string;
  readonly providerId: string;
  /** When each phase was reached; one that was not is absent. */
  readonly phases: Readonly<Partial<Record<AttemptPhase, Moment>>>;
  /** How long each part took, in milliseconds. */
  readonly durationsMs: Readonly<Record<string, number>>;
  readonly outputBytes: { readonly stdout: number; readonly stderr: number };
  readonly outputGaps: readonly (OutputGap & { readonly stream: 'stdout' | 'stderr'; readonly offset: number })[];
  readonly warnings: readonly string[];
}

/** A job with its attempts. */
export interface JobDescription extends Job {
  /** Why it does not run yet, in words that follow "waiting for". */
  readonly waitingFor?: string;
  /** The same for a program: a reason like `queue_paused` or `no_capacity`, and its numbers. */
  readonly waiting?: {
    readonly reason: string;
    readonly facts: Readonly<Record<string, string | number>>;
  };
  readonly attempts: readonly Attempt[];
}

/** One page of a listing, the newest first. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Give it as `cursor` for the next page; absent on the last one. */
  readonly nextCursor?: string;
}

/** Which page to read. */
export interface PageQuery {
  /** 1 to 1000. */
  readonly limit?: number;
  readonly cursor?: string;
}

/** A stored piece of a job's output. */
export interface OutputRecord {
  /** Where to go on after this one. */
  readonly id: string;
  readonly attemptId: string;
  readonly stream: 'stdout' | 'stderr';
  /** Bytes of this stream and attempt that come before. */
  readonly offset: number;
  readonly at: Moment;
  /** Empty where there is a gap. */
  readonly bytes: Uint8Array;
  /** Present where bytes are missing here. */
  readonly gap?: OutputGap;
}
