import { HodeiError } from '../errors.ts';
import type { LaunchOrder } from '../launch/launch-order.ts';
import type { WorkerSpec } from './worker.ts';

/**
 * Checks what every provider has to refuse in a spec, whatever it claims.
 * @throws HodeiError `invalid_input`
 */
export function assertWorkerSpec({ direct, reusable, sharedNetworkKey, network }: WorkerSpec): void {
  if (direct !== undefined && reusable !== undefined)
    refuse('reusable', 'a worker that runs a job directly takes no orders, so it can not be reusable');
  if (sharedNetworkKey === undefined) return;
  if (sharedNetworkKey === '') refuse('sharedNetworkKey', 'the key of a shared network is not empty; leave it out');
  if (network !== 'none')
    refuse('sharedNetworkKey', `only workers on network "none" can share an empty one, not on "${network}"`);
}

/**
 * A reusable worker's stdin brings its next orders, so none of its jobs can have one.
 * @throws HodeiError `unsupported`
 */
export function assertWithoutStdin({ stdin }: Pick<LaunchOrder, 'stdin'>): void {
  if (stdin === undefined || stdin.length === 0) return;
  throw new HodeiError('unsupported', 'a job with stdin needs a worker of its own, not a reusable one', {
    details: { field: 'stdin' },
  });
}

function refuse(field: string, message: string): never {
  throw new HodeiError('invalid_input', message, { details: { field } });
}
