import { HodeiError } from '../errors.ts';

/** The queue of a job that names none. */
export const DEFAULT_QUEUE = 'default';

/** The key under which a limit counts all jobs of the installation. */
export const EVERY_JOB = '*';

/** How jobs of one name wait. One that nobody configured has the defaults: see {@link unconfiguredQueue}. */
export interface Queue {
  readonly name: string;
  /** Nothing of a paused queue is started; what runs goes on. */
  readonly paused: boolean;
  /** Its share beside other queues that have jobs waiting: twice the weight, twice the starts. */
  readonly weight: number;
  /** How many of its jobs may be in flight (`scheduled` or `running`) at once; absent: any number. */
  readonly maxInFlight?: number;
}

/** What an operator gives to configure a queue; what is absent takes its default. */
export type QueueInput = Pick<Queue, 'name'> & Partial<Pick<Queue, 'paused' | 'weight' | 'maxInFlight'>>;

/** How many jobs with one concurrency key may be in flight at once; {@link EVERY_JOB} counts them all. */
export interface KeyLimit {
  readonly key: string;
  readonly maxInFlight: number;
}

/** A queue, and how many jobs it has. */
export interface QueueView extends Queue {
  readonly pending: number;
  /** `scheduled` or `running`. */
  readonly inFlight: number;
}

/** A limit, and how many jobs it counts. */
export interface KeyLimitView extends KeyLimit {
  readonly inFlight: number;
}

/** A queue as it is before anyone configured it. */
export const unconfiguredQueue = (name: string): Queue => ({ name, paused: false, weight: 1 });

const QUEUE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;
const KEY = /^[A-Za-z0-9][A-Za-z0-9_.:@/-]{0,127}$/;
const MOST_IN_FLIGHT = 1_000_000;

/** Checks what an operator gave and fills in defaults. @throws HodeiError `invalid_input` */
export function checkQueueInput(input: QueueInput): Queue {
  const { name, paused = false, weight = 1, maxInFlight } = input;
  assertQueueName(name, 'name');
  if (typeof paused !== 'boolean') refuse('paused', 'paused must be true or false');
  whole('weight', weight, 1, 1000);
  if (maxInFlight !== undefined) whole('maxInFlight', maxInFlight, 1, MOST_IN_FLIGHT);
  return { name, paused, weight, ...(maxInFlight === undefined ? {} : { maxInFlight }) };
}

/** @throws HodeiError `invalid_input` */
export function checkKeyLimit({ key, maxInFlight }: KeyLimit): KeyLimit {
  if (key !== EVERY_JOB) assertKeyName(key, 'key');
  whole('maxInFlight', maxInFlight, 1, MOST_IN_FLIGHT);
  return { key, maxInFlight };
}

/** @throws HodeiError `invalid_input` */
export function assertQueueName(name: string, field = 'queue'): void {
  if (QUEUE.test(name)) return;
  refuse(field, `queue name "${name.slice(0, 100)}" must be 1 to 63 of A-Z, a-z, 0-9 and "_.-"`);
}

/** @throws HodeiError `invalid_input` */
export function assertKeyName(key: string, field: string): void {
  if (KEY.test(key)) return;
  refuse(field, `key "${key.slice(0, 100)}" must be 1 to 128 of A-Z, a-z, 0-9 and "_.:@/-"`);
}

function whole(field: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  refuse(field, `${field} ${value} must be a whole number from ${least} to ${most}`);
}

function refuse(field: string, message: string): never {
  throw new HodeiError('invalid_input', message, { details: { field } });
}
