import type { HttpTransport } from './http-transport.ts';
import {
  hasEnded,
  type Job,
  type JobDescription,
  type JobInput,
  type JobState,
  type OutputRecord,
  type Page,
  type PageQuery,
} from './job.ts';
import { HodeiClientError } from './hodei-client-error.ts';
import { newIdempotencyKey } from './idempotency-key.ts';
import { resumeEvents } from './resume-events.ts';
import { TRIES_OF_WHO_WAITS } from './retrying.ts';
import { Submissions, type SubmissionResult } from './submissions.ts';

/** How long one request waits for a job's end; then the next one goes on. */
const WAIT = '30s';

/** Which jobs to list. */
export interface JobQuery extends PageQuery {
  readonly states?: readonly JobState[];
  readonly name?: string;
  /** All of these. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** Which output of a job to read. */
export interface OutputQuery {
  /** Absent: both. */
  readonly stream?: 'stdout' | 'stderr';
  /** Goes on after this {@link OutputRecord.id}. */
  readonly after?: string;
  /** Only what was written since then, ISO 8601. */
  readonly since?: string;
  readonly signal?: AbortSignal;
}

/** Jobs. Everything throws HodeiClientError, or the reason of a signal that aborted. */
export class JobsClient {
  readonly #http: HttpTransport;
  readonly #submissions: Submissions;

  constructor(http: HttpTransport) {
    this.#http = http;
    this.#submissions = new Submissions(http);
  }

  /**
   * Submits a job; once this resolves, the job is durable. A request whose answer is lost is repeated with the same
   * key, and is still one job.
   *
   * Jobs that the same turn of the event loop submits share a request; each call gets its own job or its own error all
   * the same. With a signal or a trace, and for a job of more than 8,000 characters, a call has a request of its own.
   *
   * @param options.idempotencyKey makes it one job also where this method is called again; absent: one is made up.
   * @param options.traceparent the caller's place in a trace (W3C): the job's spans are below it.
   */
  async submit(
    input: JobInput,
    options: {
      readonly idempotencyKey?: string;
      readonly traceparent?: string;
      readonly signal?: AbortSignal;
    } = {},
  ): Promise<JobDescription> {
    const { idempotencyKey = newIdempotencyKey(), ...own } = options;
    const submission = { job: JSON.stringify(input), idempotencyKey };
    return own.signal === undefined && own.traceparent === undefined
      ? this.#submissions.submit(submission)
      : this.#submissions.alone(submission, own);
  }

  /**
   * Submits up to 1,000 jobs by one request, which is repeated as that of {@link JobsClient.submit} is.
   * @returns what became of each, in their order.
   */
  async submitMany(
    inputs: readonly JobInput[],
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<readonly SubmissionResult[]> {
    const items = inputs.map((job) => ({ job, idempotencyKey: newIdempotencyKey() }));
    const request = { method: 'POST', path: '/v1/jobs/batch', body: { items }, ...withSignal(signal) } as const;
    const answer = await this.#http.repeated<{ readonly items: readonly SubmissionResult[] }>(request);
    return answer.items;
  }

  /**
   * The job with its attempts, as it is now.
   * @param options.wait as it is when it has ended, or after this time, like `30s`; at most `5m`.
   */
  get(
    jobId: string,
    { wait, ...options }: { readonly wait?: string; readonly signal?: AbortSignal } = {},
  ): Promise<JobDescription> {
    const request = { path: pathOf(jobId), query: { wait }, ...options };
    return this.#http.repeated<JobDescription>(request, wait === undefined ? undefined : TRIES_OF_WHO_WAITS);
  }

  /** One page, the newest first. */
  list(query: JobQuery = {}, options: { readonly signal?: AbortSignal } = {}): Promise<Page<Job>> {
    const { states, labels, ...rest } = query;
    const label = labels && Object.entries(labels).map(([key, value]) => `${key}=${value}`);
    return this.#http.repeated<Page<Job>>({
      path: '/v1/jobs',
      query: { ...rest, ...(states ? { state: states } : {}), ...(label ? { label } : {}) },
      ...options,
    });
  }

  /**
   * Asks for the job's end. Idempotent.
   * @param options.force leaves it no time to end by itself, also where its end was asked for already.
   * @param options.for who wants it, where that is somebody else than the token's owner; at most 128 characters.
   */
  cancel(
    jobId: string,
    {
      force,
      for: whom,
      ...options
    }: { readonly force?: boolean; readonly for?: string; readonly signal?: AbortSignal } = {},
  ): Promise<Job> {
    const query = { ...(force ? { force } : {}), for: whom };
    return this.#http.repeated<Job>({ method: 'POST', path: `${pathOf(jobId)}/cancel`, query, ...options });
  }

  /** Resolves when the job has ended, however long that takes, also where the server is away for some seconds. */
  async wait(jobId: string, options: { readonly signal?: AbortSignal } = {}): Promise<JobDescription> {
    for (;;) {
      const job = await this.get(jobId, { wait: WAIT, ...options });
      if (hasEnded(job.state)) return job;
    }
  }

  /** What the job has written so far, both streams in the order in which they were stored. */
  async output(jobId: string, query: OutputQuery = {}): Promise<ReadableStream<Uint8Array>> {
    const { signal, ...rest } = query;
    const response = await this.#http.send({
      path: `${pathOf(jobId)}/logs`,
      query: { ...rest },
      headers: { accept: 'text/plain' },
      ...withSignal(signal),
    });
    return response.body ?? new ReadableStream({ start: (controller) => controller.close() });
  }

  /**
   * The output as it is written, until the job has ended: each byte once, also where the connection breaks off or the
   * server is another one meanwhile.
   *
   * @param query.follow false: ends with what is there.
   */
  async *followOutput(
    jobId: string,
    query: OutputQuery & { readonly follow?: boolean } = {},
  ): AsyncGenerator<OutputRecord> {
    const { signal, after, follow = true, ...rest } = query;
    const open = (lastId = after): Promise<Response> =>
      this.#http.send({
        path: `${pathOf(jobId)}/logs`,
        query: { ...rest, follow },
        headers: { accept: 'text/event-stream', ...(lastId === undefined ? {} : { 'last-event-id': lastId }) },
        ...withSignal(signal),
      });
    const isLast = ({ event }: { event: string }): boolean => event === 'end';
    for await (const { event, id, data } of resumeEvents(open, { isLast, endsWithAnswer: !follow, signal })) {
      if (event === 'output') yield outputRecord(id, data);
    }
  }
}

const pathOf = (jobId: string): string => `/v1/jobs/${encodeURIComponent(jobId)}`;

const withSignal = (signal: AbortSignal | undefined): { signal?: AbortSignal } =>
  signal === undefined ? {} : { signal };

function outputRecord(id: string, data: string): OutputRecord {
  try {
    const { base64 = '', ...rest } = JSON.parse(data) as Omit<OutputRecord, 'id' | 'bytes'> & { base64?: string };
    return { ...rest, id, bytes: fromBase64(base64) };
  } catch (cause) {
    throw new HodeiClientError('unexpected_answer', 'an event of the output is malformed', { cause, retryable: false });
  }
}

/** Without a function call or an object a byte, which make it a hundred times slower, and most of its garbage. */
function fromBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
  return bytes;
}
