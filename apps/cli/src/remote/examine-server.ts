import type { HodeiClient } from '@hodei/client';
import { toHodeiError } from '@hodei/domain';

import { examineNode } from '../embedded/examine-machine.ts';
import type { Finding } from '../finding.ts';
import { translateClientError } from './translate-client-error.ts';

/** Looks at this machine, then at the server and what it says of itself. */
export async function* examineServer(client: HodeiClient, url: string): AsyncGenerator<Finding> {
  yield examineNode(process.versions.node);
  try {
    const { version } = await client.health();
    yield { subject: 'server', verdict: 'ok', detail: `${url}, version ${version}` };
  } catch (error) {
    const { message } = toHodeiError(translateClientError(error));
    yield { subject: 'server', verdict: 'fail', detail: message, advice: 'check HODEI_URL and that the server runs' };
    return;
  }
  try {
    const { checks } = await client.readiness();
    for (const { name, ok, reason = 'it is well' } of checks)
      yield { subject: `server ${name}`, verdict: ok ? 'ok' : 'fail', detail: reason };
    await client.jobs.list({ limit: 1 });
    yield { subject: 'access', verdict: 'ok', detail: 'it lets us read' };
  } catch (error) {
    const { message } = toHodeiError(translateClientError(error));
    yield { subject: 'access', verdict: 'fail', detail: message, advice: 'set HODEI_TOKEN to a token of this server' };
  }
}
