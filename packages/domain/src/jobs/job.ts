import type { EpochMs } from '../clock.ts';
import type { JobId } from '../ids.ts';
import type { Epoch } from '../instances/instance.ts';
import type { JobState } from './job-state.ts';
import type { Requirements } from '../providers/requirements.ts';
import type { Resources } from '../providers/resources.ts';
import type { Outcome } from '../attempts/termination.ts';

/** How often, and how fast, a job is tried again. */
export interface RetryPolicy {
  /** How many attempts may be counted in all, the first included. */
  readonly maxAttempts: number;
  /** The wait before the second attempt, in milliseconds; it doubles with each further one, up to 60 times. */
  readonly backoffMs: number;
}

/** What to run and how, as it was asked for; checked, with defaults filled in. Never holds a secret's value. */
export interface JobSpec {
  readonly image: string;
  /** The program and its arguments; absent: what the image runs by itself. */
  readonly command?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Names of the secrets; their values are sealed elsewhere. */
  readonly secretNames: readonly string[];
  readonly workdir?: string;
  /** What the job reads on stdin. */
  readonly stdin?: Uint8Array;
  readonly resources: Resources;
  /** `none` (the default), `bridge` or the name of a network. */
  readonly network: string;
  readonly requirements: Requirements;
  /** How long one attempt may run, in milliseconds, from its launch. */
  readonly timeoutMs?: number;
  readonly retry: RetryPolicy;
  /** How much is kept of its output, in bytes, all attempts together; the operator's bound holds as well. */
  readonly maxOutputBytes?: number;
  /** It reports by itself, and is given a token for that. */
  readonly selfReport?: true;
  /** Higher runs earlier; see {@link turnOf}. */
  readonly priority: number;
  /** The queue it waits in. */
  readonly queue: string;
  /** For whom it is; the tenants of a queue share it. */
  readonly tenant?: string;
  /** Jobs with the same key count together, where the key has a limit. */
  readonly concurrencyKey?: string;
  /** It does not begin before this moment. */
  readonly notBefore?: EpochMs;
  /** The longest it may wait for its first start, in milliseconds, from its submission or `notBefore`. */
  readonly waitTimeoutMs?: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly name?: string;
  /** Whose trace it belongs to; see {@link parseTraceParent}. */
  readonly traceparent?: string;
}

/** Someone asked for the job's end. */
export interface CancelRequest {
  readonly at: EpochMs;
  readonly by: string;
  /** Present where the job is to be killed without a grace period. */
  readonly force?: true;
}

/** Why no provider took a job when one was looked for. */
export interface JobRefusal {
  /**
   * - `no_capacity`: one that can run it has no room now.
   * - `provider_unhealthy`: one that can run it is in no state to take work.
   * - `no_provider`: none that can run it takes work.
   */
  readonly reason: 'no_capacity' | 'provider_unhealthy' | 'no_provider';
  /** What speaks against each provider. */
  readonly message: string;
  /** Where room is kept for it meanwhile. */
  readonly setAside?: { readonly provider: string; readonly until: EpochMs };
  readonly at: EpochMs;
}

/** A job as the database knows it. */
export interface Job {
  readonly id: JobId;
  readonly spec: JobSpec;
  readonly state: JobState;
  /** Who owns it; absent while nobody does. */
  readonly epoch?: Epoch;
  readonly createdAt: EpochMs;
  readonly stateChangedAt: EpochMs;
  /** It is not to be claimed before this moment. */
  readonly notBefore: EpochMs;
  readonly startedAt?: EpochMs;
  readonly finishedAt?: EpochMs;
  /** Who submitted it, where that is known. */
  readonly submittedBy?: string;
  readonly cancelRequest?: CancelRequest;
  /** Present while it waits because no provider took it. */
  readonly refusal?: JobRefusal;
  /** Present once it has ended. */
  readonly outcome?: Outcome;
}
