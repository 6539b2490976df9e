import { HodeiError } from '../errors.ts';
import type { JobSpec } from '../jobs/job.ts';
import type { JobInput } from '../jobs/job-input.ts';
import { assertKeyName, assertQueueName, DEFAULT_QUEUE } from './queue.ts';

/** A year: no job waits longer, in milliseconds. */
export const MAX_WAIT_MS = 366 * 24 * 3600 * 1000;

const TENANT = /^[A-Za-z0-9][A-Za-z0-9_.:@/-]{0,127}$/;

/**
 * The part of {@link checkJobInput} that says when a job may begin, and in whose turn.
 * @throws HodeiError `invalid_input`
 */
export function checkAdmission(
  input: JobInput,
): Pick<JobSpec, 'queue' | 'tenant' | 'concurrencyKey' | 'notBefore' | 'waitTimeoutMs'> {
  const { queue = DEFAULT_QUEUE, tenant, concurrencyKey, notBefore, waitTimeoutMs } = input;
  assertQueueName(queue);
  if (tenant !== undefined && !TENANT.test(tenant)) {
    refuse('tenant', `tenant "${tenant.slice(0, 100)}" must be 1 to 128 of A-Z, a-z, 0-9 and "_.:@/-"`);
  }
  if (concurrencyKey !== undefined) assertKeyName(concurrencyKey, 'concurrencyKey');
  if (notBefore !== undefined && !(Number.isSafeInteger(notBefore) && notBefore >= 0 && notBefore <= LAST_MOMENT)) {
    refuse('notBefore', `notBefore ${notBefore} must be a moment, in milliseconds since 1970, before the year 9999`);
  }
  if (
    waitTimeoutMs !== undefined &&
    !(Number.isInteger(waitTimeoutMs) && waitTimeoutMs >= 1 && waitTimeoutMs <= MAX_WAIT_MS)
  ) {
    refuse('waitTimeoutMs', `waitTimeoutMs ${waitTimeoutMs} must be a whole number from 1 to ${MAX_WAIT_MS}`);
  }
  return {
    queue,
    ...(tenant === undefined ? {} : { tenant }),
    ...(concurrencyKey === undefined ? {} : { concurrencyKey }),
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(waitTimeoutMs === undefined ? {} : { waitTimeoutMs }),
  };
}

const LAST_MOMENT = Date.UTC(9999, 0, 1);

function refuse(field: string, message: string): never {
  throw new HodeiError('invalid_input', message, { details: { field } });
}
