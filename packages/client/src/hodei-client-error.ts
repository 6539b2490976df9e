/** What a server says of a request that it refused: RFC 9457 problem details. */
export interface Problem {
  readonly type?: string;
  readonly title?: string;
  readonly status?: number;
  readonly detail?: string;
  /** The code of the error, as in the server's catalogue: `invalid_input`, `not_found`, ... */
  readonly code?: string;
  readonly [extension: string]: unknown;
}

/** Codes of errors that are the client's own and not the server's. */
export type ClientErrorCode =
  /** The server can't be reached, or broke off. */
  | 'server_unavailable'
  /** The server gave an answer that is none of this API's. */
  | 'unexpected_answer';

/** The one error that the client throws, but for the reason of a signal that aborted. */
export class HodeiClientError extends Error {
  override readonly name = 'HodeiClientError';
  /** The server's code, or one of {@link ClientErrorCode}. */
  readonly code: string;
  /** The HTTP status; absent where there was no answer. */
  readonly status?: number;
  /** What the server said. */
  readonly problem?: Problem;
  /** Whether the same call may succeed later without anyone changing anything. */
  readonly retryable: boolean;

  constructor(
    code: string,
    message: string,
    options: {
      readonly status?: number;
      readonly problem?: Problem;
      readonly cause?: unknown;
      readonly retryable: boolean;
    },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable;
    if (options.status !== undefined) this.status = options.status;
    if (options.problem !== undefined) this.problem = options.problem;
  }
}

/** Whether it is the client's error, optionally of one of these codes. */
export const isHodeiClientError = (error: unknown, ...codes: readonly string[]): error is HodeiClientError =>
  error instanceof HodeiClientError && (codes.length === 0 || codes.includes(error.code));

/** Reads problem details; `undefined` where the text is none. */
export function parseProblem(text: string): Problem | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Problem) : undefined;
  } catch {
    return undefined;
  }
}
