import { HodeiError } from '@hodei/domain';
import type { FastifyRequest } from 'fastify';

/**
 * Where a client goes on: what it saw last; absent where it says nothing.
 * @throws HodeiError `invalid_input` for a header that no event of ours had.
 */
export function readLastEventId(request: FastifyRequest): number | undefined {
  const header = request.headers['last-event-id'];
  if (header === undefined || header === '') return undefined;
  const id = typeof header === 'string' && /^\d{1,16}$/.test(header) ? Number(header) : Number.NaN;
  if (Number.isSafeInteger(id)) return id;
  throw new HodeiError('invalid_input', 'the header Last-Event-ID must be the id of an event of this server', {
    details: { field: 'Last-Event-ID' },
  });
}
