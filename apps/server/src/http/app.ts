import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';

import type { Caller, Scope } from './caller.ts';
import type { ZodTypes } from './validate.ts';

/** The server, as routes are added to it. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypes
>;

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set before a handler runs. */
    caller: Caller;
  }
  interface FastifyContextConfig {
    /** What the caller's token must allow; absent: anyone may. */
    readonly scope?: Scope;
  }
}
