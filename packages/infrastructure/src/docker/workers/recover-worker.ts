import type { RecoverOptions, WorkerHandle } from '@hodei/domain';

import type { DockerEngine } from '../engine/docker-engine.ts';
import { DockerRunningJob } from '../launch/docker-running-job.ts';
import { followJobLog } from '../output/follow-job-log.ts';
import { isDirect, isReusable } from './handle-state.ts';
import { requireContainer } from './inspect-container.ts';
import { NOTHING_KNOWN } from '../output/output-place.ts';
import { neverLaunched, readVerdict, refusal } from '../launch/read-verdict.ts';
import { waitForJobEnd } from '../ends/wait-for-job-end.ts';
import type { WorkerSessions } from './worker-session.ts';

/**
 * {@link WorkerProvider.recoverWorker}: everything comes from the engine's log. Beside what the port says it
 * throws what the launch would have thrown where the worker refused the order (`command_not_found`,
 * `start_failed`).
 */
export async function recoverWorker(
  engine: DockerEngine,
  sessions: WorkerSessions,
  handle: WorkerHandle,
  { nonce, from, before, signal }: RecoverOptions & { readonly signal?: AbortSignal | undefined },
): Promise<DockerRunningJob> {
  const { State } = await requireContainer(engine, handle, signal);
  const session = sessions.get(handle.workerId, handle.resourceId);
  const reusable = isReusable(handle);
  // What this process holds and did not send, nobody else did.
  const wasNotSent = reusable ? session?.nonces.has(nonce) === false : session?.isTaken === false && !isDirect(handle);
  if (State.Status === 'created' || wasNotSent) throw neverLaunched(handle);
  let hasLostBeginning = false;
  if (!isDirect(handle)) {
    const verdict = await readVerdict(engine, handle, nonce, signal);
    if (verdict === undefined) throw neverLaunched(handle);
    const refused = refusal(verdict, handle);
    if (refused !== undefined) throw refused;
    hasLostBeginning = verdict === 'lost';
  }
  const known = { from, before: before ?? NOTHING_KNOWN.before };
  return new DockerRunningJob(
    engine,
    handle,
    (detached) => followJobLog(engine, handle, known, detached, { nonce, hasLostBeginning }),
    undefined,
    false,
    reusable ? (_, subject, options) => waitForJobEnd(engine, subject, nonce, options.signal) : undefined,
  );
}
