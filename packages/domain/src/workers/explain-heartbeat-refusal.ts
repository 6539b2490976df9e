import { HodeiError } from '../errors.ts';
import type { Epoch } from '../instances/instance.ts';
import type { Worker } from './worker.ts';

/** Why a worker's report, or its token, was not taken. */
export function explainHeartbeatRefusal({ id, epoch: owner, state }: Worker, epoch: Epoch): HodeiError {
  if (owner !== epoch)
    return new HodeiError(
      'stale_epoch',
      `worker ${id} is owned by epoch ${owner} now; its token was given by ${epoch}`,
    );
  if (state === 'terminating' || state === 'terminated')
    return new HodeiError('conflict', `worker ${id} is ${state}; it is not listened to any more`);
  return new HodeiError('unauthenticated', `the token of worker ${id} was used already, or is none of its own`);
}
