import { isHodeiClientError, type SubmissionResult } from '@hodei/client';
import { HodeiError, type ErrorCode } from '@hodei/domain';

import { isErrorCode } from './is-error-code.ts';

/** What the client threw, as the commands tell it. Anything else stays as it is. */
export function translateClientError(error: unknown): unknown {
  if (!isHodeiClientError(error)) return error;
  const code: ErrorCode = isErrorCode(error.code) ? error.code : 'unavailable';
  // The server's words are for whoever writes requests.
  const advice = code === 'unauthenticated' ? '; HODEI_TOKEN has to be a token of this server' : '';
  return new HodeiError(code, error.message + advice, { cause: error });
}

/** Why one of many jobs was refused. */
export function refusalFromJson(problem: SubmissionResult['error']): HodeiError {
  const { code = 'unexpected_answer', detail, title } = problem ?? {};
  return new HodeiError(isErrorCode(code) ? code : 'unavailable', detail ?? title ?? 'the server gave no answer');
}

/** Makes a call of the client. @throws HodeiError; the reason of a signal that aborted. */
export async function translating<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw translateClientError(error);
  }
}
