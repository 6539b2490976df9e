import { HodeiError, type EpochMs, type Worker } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';
import { hashWorkerSecret, newWorkerSecret, parseWorkerToken, workerTokenText } from './worker-token.ts';

/** A report is one line for people, of so many characters at most. */
const MAX_PROGRESS = 200;

/** What a worker says of itself. */
export interface HeartbeatReport {
  /** When, by its own clock. */
  readonly at: EpochMs;
  readonly progress?: string;
}

/**
 * Takes a worker's own report. A token is used once: the answer brings the next one. Where that answer is lost, the
 * same token may be used again, for as long as the next one was not.
 *
 * @throws HodeiError `unauthenticated` for a token that is none, or was used; `stale_epoch` where the worker was taken
 * over since it was issued; `conflict` where it is being destroyed; `invalid_input`; `not_found`
 */
export async function reportHeartbeat(
  { repositories, clock, ids }: Pick<JobContext, 'repositories' | 'clock' | 'ids'>,
  token: string,
  { at: reportedAt, progress }: HeartbeatReport,
): Promise<{ readonly worker: Worker; readonly token: string }> {
  const { workerId, epoch, secret } = parseWorkerToken(token);
  if (!Number.isSafeInteger(reportedAt) || reportedAt < 0) refuse('at', 'give milliseconds since 1970');
  if (progress !== undefined && (progress.length > MAX_PROGRESS || /\p{Cc}/u.test(progress)))
    refuse('progress', `progress is one line of at most ${MAX_PROGRESS} characters`);
  const next = newWorkerSecret(ids);
  const worker = await repositories.workers.reportHeartbeat({
    workerId,
    epoch,
    hash: await hashWorkerSecret(secret),
    nextHash: await hashWorkerSecret(next),
    heartbeat: { at: clock.now(), reportedAt, epoch, ...(progress === undefined ? {} : { progress }) },
  });
  return { worker, token: workerTokenText({ workerId, epoch, secret: next }) };
}

function refuse(field: string, message: string): never {
  throw new HodeiError('invalid_input', message, { details: { field } });
}
