import { parseTraceParent, type JobInput } from '@hodei/domain';

import type { JobInputJson } from './job-schemas.ts';

/**
 * The body of a submission as the application takes it.
 * @param traceparent the header; one that is none is as if it were not there, as W3C asks for.
 */
export function readJobInput({ stdin, notBefore, ...rest }: JobInputJson, traceparent?: unknown): JobInput {
  const belongs = typeof traceparent === 'string' && parseTraceParent(traceparent) !== undefined;
  return {
    ...rest,
    ...(belongs ? { traceparent } : {}),
    ...(notBefore === undefined ? {} : { notBefore: Date.parse(notBefore) }),
    ...(stdin === undefined ? {} : { stdin: typeof stdin === 'string' ? stdin : fromBase64(stdin.base64) }),
  };
}

const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
