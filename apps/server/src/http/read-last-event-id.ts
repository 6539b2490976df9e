import { HodeiError } from '@hodei/domain';
import type { FastifyRequest } from 'fastify';

/**
 * Where a client goes on: what it saw last.
 * @throws HodeiError `invalid_input` for a header that no event of ours had.
 */
export function readLastEventId(request: FastifyRequest, after = 0): number {
  const header = request.headers['last-event-id'];
  if (header === undefined || header === '') return after;
  const id = typeof header === 'string' && /^\d{1,16}$/.test(header) ? Number(header) : Number.NaN;
  if (Number.isSafeInteger(id)) return id;
  throw new HodeiError('invalid_input', 'the header Last-Event-ID must be the id of an event of this server', {
    details: { field: 'Last-Event-ID' },
  });
}
