import type { FastifyReply, FastifyRequest } from 'fastify';

import type { Caller } from './caller.ts';

/** Finds out who asks, and whether they may. @throws HodeiError `unauthenticated`, `forbidden`, `rate_limited` */
export type Authenticate = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** Everyone who can reach this server may do everything: it listens on loopback only. */
export const openAuthentication: Authenticate = async (request) => {
  request.caller = anyone(request.ip);
};

const anyone = (address: string): Caller => ({ by: `anyone at ${address}`, key: 'anyone', scopes: ['admin'] });
