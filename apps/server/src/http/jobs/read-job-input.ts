import type { JobInput } from '@hodei/domain';

import type { JobInputJson } from './job-schemas.ts';

/** The body of a submission as the application takes it. */
export function readJobInput({ stdin, notBefore, ...rest }: JobInputJson): JobInput {
  return {
    ...rest,
    ...(notBefore === undefined ? {} : { notBefore: Date.parse(notBefore) }),
    ...(stdin === undefined ? {} : { stdin: typeof stdin === 'string' ? stdin : fromBase64(stdin.base64) }),
  };
}

const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
