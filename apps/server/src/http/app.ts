import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';

import type { TokenScope } from '@hodei/domain';

import type { Caller } from './auth/caller.ts';
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
    readonly scope?: TokenScope;
    /** Whether the token of a tenant is enough; the route sees to it that it reaches only what is the tenant's. */
    readonly openToTenants?: boolean;
  }
}
