import { isHodeiError, toHodeiError, type ErrorCode, type HodeiError } from '@hodei/domain';
import { z } from 'zod';

import { Code } from './schema-parts.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** RFC 9457, with the code by which programs tell errors apart. */
export const Problem = z
  .strictObject({
    type: z.string().describe('urn:hodei:error: and the code'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('what was wrong, and what would be right, for people'),
    code: Code,
    retryable: z.boolean().describe('true: the same request may succeed later without anyone changing anything'),
    field: z.string().describe('the field that is wrong, where it is one').exactOptional(),
    requestId: z.string().describe('stands in the log of the server as well').exactOptional(),
  })
  .meta({ id: 'Problem' });

type Problem = z.output<typeof Problem>;

/** What an error of ours means in HTTP, where nothing else is said. */
const STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid_input: 400,
  config_invalid: 422,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  worker_not_found: 404,
  name_taken: 409,
  conflict: 409,
  stale_epoch: 409,
  invalid_transition: 409,
  worker_not_ready: 409,
  idempotency_key_reused: 409,
  unsupported: 422,
  limit_exceeded: 422,
  image_not_found: 422,
  image_pull_denied: 422,
  image_without_shell: 422,
  network_not_found: 422,
  command_not_found: 422,
  secrets_refused: 422,
  rate_limited: 429,
  unknown_value: 500,
  start_failed: 500,
  never_launched: 500,
  internal: 500,
  authentication_failed: 502,
  image_pull_failed: 502,
  unavailable: 503,
  database_unavailable: 503,
  provider_unavailable: 503,
  provider_timeout: 504,
  image_pull_timeout: 504,
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'The request is malformed',
  401: 'A token is needed',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Not possible here',
  406: 'Not available in this form',
  408: 'The request came too slowly',
  409: 'Conflict',
  413: 'Too large',
  414: 'The address is too long',
  415: 'This kind of content is not understood',
  417: 'Not what can be expected here',
  422: 'Not possible',
  429: 'Too many requests',
  431: 'Too many headers',
  500: 'A defect on our side',
  502: 'Something behind this server refused',
  503: 'Not available now',
  504: 'Something behind this server did not answer',
};

/** Words of these may tell about the inside of an installation; they go into the log. */
const HIDDEN: Readonly<Partial<Record<ErrorCode, string>>> = {
  internal: 'something went wrong on our side; the log of the server says more',
  unknown_value: 'the server found a value that it does not know; its log says more',
  database_unavailable: 'the database can not be reached now; try again later',
};

/** Whatever was thrown, as a problem. No stack, and no words about the inside. */
export function toProblem(error: unknown, requestId?: string): Problem {
  const known = isHodeiError(error) ? error : (frameworkProblem(error) ?? toHodeiError(error));
  if (!isHodeiError(known)) return { ...known, ...(requestId === undefined ? {} : { requestId }) };
  return problem(STATUS[known.code], known, requestId);
}

/** An error of ours under another status than its own. */
export function problem(status: number, error: HodeiError, requestId?: string): Problem {
  const { code, retryable, message, details } = error;
  const field = details['field'];
  return {
    type: `urn:hodei:error:${code}`,
    title: TITLES[status] ?? 'Error',
    status,
    detail: HIDDEN[code] ?? message,
    code,
    retryable,
    ...(typeof field === 'string' ? { field } : {}),
    ...(requestId === undefined ? {} : { requestId }),
  };
}

/** Errors that Fastify and Node throw before a handler is reached. */
const FRAMEWORK: Readonly<
  Record<string, { readonly status: number; readonly code: ErrorCode; readonly detail: string }>
> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    status: 413,
    code: 'limit_exceeded',
    detail: 'the body is larger than is allowed here',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    status: 415,
    code: 'unsupported',
    detail: 'send JSON in UTF-8, uncompressed, with the header "content-type: application/json"',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    status: 400,
    code: 'invalid_input',
    detail: 'the body has another length than its header says',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: { status: 400, code: 'invalid_input', detail: 'the body is empty; send a JSON object' },
  FST_ERR_CTP_INVALID_JSON_BODY: { status: 400, code: 'invalid_input', detail: 'the body is no JSON in UTF-8' },
  FST_ERR_BAD_URL: { status: 400, code: 'invalid_input', detail: 'the path has a malformed escape' },
  FST_ERR_MAX_PARAM_LENGTH: { status: 414, code: 'limit_exceeded', detail: 'a part of the path is too long' },
  HPE_HEADER_OVERFLOW: { status: 431, code: 'limit_exceeded', detail: 'the headers are larger than is allowed' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, code: 'limit_exceeded', detail: 'the request came too slowly' },
};

function frameworkProblem(error: unknown): Problem | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, statusCode } = error as { readonly code?: unknown; readonly statusCode?: unknown };
  const known = typeof code === 'string' && Object.hasOwn(FRAMEWORK, code) ? FRAMEWORK[code] : undefined;
  if (known !== undefined) return plain(known.status, known.code, known.detail);
  if (error instanceof SyntaxError) return plain(400, 'invalid_input', 'the body is no JSON in UTF-8');
  const isTheirs = typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500;
  return isTheirs ? plain(statusCode, 'invalid_input', error.message) : undefined;
}

/** A problem that no error of ours stands for. */
export const plain = (status: number, code: ErrorCode, detail: string): Problem => ({
  type: `urn:hodei:error:${code}`,
  title: TITLES[status] ?? 'Error',
  status,
  detail,
  code,
  retryable: false,
});
