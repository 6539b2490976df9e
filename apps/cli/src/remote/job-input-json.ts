import type * as Json from '@hodei/client';
import type { JobInput } from '@hodei/domain';

/** A job as it is submitted over HTTP. */
export function jobInputToJson({ stdin, notBefore, ...rest }: JobInput): Json.JobInput {
  return {
    ...rest,
    ...(notBefore === undefined ? {} : { notBefore: new Date(notBefore).toISOString() }),
    ...(stdin === undefined
      ? {}
      : { stdin: typeof stdin === 'string' ? stdin : { base64: Buffer.from(stdin).toString('base64') } }),
  };
}
