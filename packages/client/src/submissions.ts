import { isHodeiClientError, type Problem } from './hodei-client-error.ts';
import type { HttpTransport } from './http-transport.ts';
import type { Job, JobDescription } from './job.ts';

/** So many go by one request, and no job that is larger, in characters: no proxy's limit of a megabyte is reached. */
const MOST = 100;
const MOST_CHARACTERS = 8000;

/** One job to submit. */
export interface Submission {
  /** As JSON, as it was when it was submitted. */
  readonly job: string;
  readonly idempotencyKey: string;
}

/** What became of one of many jobs: one of `job` and `error` is there. */
export interface SubmissionResult {
  /** It is stored. */
  readonly job?: Job;
  /** It is the job of an earlier request with this key. */
  readonly isEarlier?: true;
  /** It was refused, and nothing is stored of it. */
  readonly error?: Problem;
}

interface Waiting extends Submission {
  readonly resolve: (job: JobDescription | Promise<JobDescription>) => void;
}

/**
 * When what else this turn of the event loop does is done; without a timer, which would take a millisecond. Browsers
 * have no `setImmediate`, nor do the types that this package is made with.
 */
const { setImmediate: afterThisTurn = queueMicrotask } = globalThis as {
  readonly setImmediate?: (call: () => void) => unknown;
};

/**
 * Submits by one request what one turn of the event loop submits; a call alone waits for nobody. What is no new job
 * by the answer, or has no answer, is submitted again by itself and with its key: so it is one job all the same, or
 * fails as it would have without the others.
 */
export class Submissions {
  readonly #http: HttpTransport;
  #waiting: Waiting[] = [];
  /** False: an older server takes them one by one. */
  #takesMany = true;

  constructor(http: HttpTransport) {
    this.#http = http;
  }

  submit(submission: Submission): Promise<JobDescription> {
    if (!this.#takesMany || submission.job.length > MOST_CHARACTERS) return this.alone(submission);
    return new Promise((resolve) => {
      if (this.#waiting.push({ ...submission, resolve }) === 1) afterThisTurn(() => this.#send());
    });
  }

  /** By a request of its own. */
  alone(
    { job, idempotencyKey }: Submission,
    { traceparent, signal }: { readonly traceparent?: string; readonly signal?: AbortSignal } = {},
  ): Promise<JobDescription> {
    return this.#http.repeated<JobDescription>({
      method: 'POST',
      path: '/v1/jobs',
      json: job,
      headers: { 'idempotency-key': idempotencyKey, ...(traceparent === undefined ? {} : { traceparent }) },
      ...(signal === undefined ? {} : { signal }),
    });
  }

  #send(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let sent = 0; sent < waiting.length; sent += MOST) void this.#together(waiting.slice(sent, sent + MOST));
  }

  async #together(calls: readonly Waiting[]): Promise<void> {
    const results = calls.length > 1 ? await this.#batch(calls) : [];
    for (const [index, call] of calls.entries()) {
      const { job, isEarlier } = results[index] ?? {};
      call.resolve(job === undefined || isEarlier ? this.alone(call) : { ...job, attempts: [] });
    }
  }

  async #batch(calls: readonly Submission[]): Promise<readonly SubmissionResult[]> {
    const items = calls.map((call) => `{"job":${call.job},"idempotencyKey":${JSON.stringify(call.idempotencyKey)}}`);
    try {
      const request = { method: 'POST', path: '/v1/jobs/batch', json: `{"items":[${items.join(',')}]}` } as const;
      const answer = await this.#http.json<{ readonly items: readonly SubmissionResult[] }>(request);
      // Something that stands between may have answered: without a list, this throws.
      return [...answer.items];
    } catch (error) {
      if (isHodeiClientError(error) && (error.status === 404 || error.status === 405)) this.#takesMany = false;
      return [];
    }
  }
}
