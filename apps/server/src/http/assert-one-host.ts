import type { IncomingMessage } from 'node:http';

import { HodeiError } from '@hodei/domain';

/**
 * Of two names that a request gives for this server, a proxy may have read another one than we do (RFC 9112, 3.2).
 * @throws HodeiError `invalid_input`
 */
export function assertOneHost({ rawHeaders, httpVersion }: IncomingMessage): void {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.toLowerCase() === 'host') hosts += 1;
  if (hosts === 1 || (hosts === 0 && httpVersion === '1.0')) return;
  throw new HodeiError('invalid_input', `a request has one header Host; this one has ${hosts}`);
}
