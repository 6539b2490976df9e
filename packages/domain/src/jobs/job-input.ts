import type { EpochMs } from '../clock.ts';
import type { Requirements } from '../providers/requirements.ts';
import type { Resources } from '../providers/resources.ts';
import type { RetryPolicy } from './job.ts';

/** What a caller gives to submit a job; the JSON of `POST /v1/jobs` has the same fields. */
export interface JobInput {
  readonly image?: string;
  /** The program and its arguments. Not together with `script`. */
  readonly command?: readonly string[];
  /** Run by the image's `/bin/sh -c`. Not together with `command`. */
  readonly script?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** By name; sealed before they are stored, masked in the output. */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly workdir?: string;
  readonly stdin?: Uint8Array | string;
  readonly resources?: Resources;
  readonly network?: string;
  readonly timeoutMs?: number;
  readonly retry?: Partial<RetryPolicy>;
  /** The rest of its output is counted and dropped. */
  readonly maxOutputBytes?: number;
  /** It reports by itself, with the token that it then finds in `HODEI_WORKER_TOKEN`. */
  readonly selfReport?: boolean;
  readonly priority?: number;
  /** Which queue it waits in; absent: `default`. */
  readonly queue?: string;
  /** For whom it is: the tenants of a queue share it. */
  readonly tenant?: string;
  /** Jobs with the same key count together, where the key has a limit. */
  readonly concurrencyKey?: string;
  /** It does not begin before this moment; where it may and there is room, it is taken up at most 50 ms after. */
  readonly notBefore?: EpochMs;
  /** The longest it may wait for its first start, in milliseconds, from its submission or `notBefore`. */
  readonly waitTimeoutMs?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly requirements?: Requirements;
  readonly name?: string;
  /** The caller's place in a trace, as in the header of that name; the job's spans are below it. */
  readonly traceparent?: string;
}
