import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { JOB_STATES, parseJobId, parseWorkerId, type Change } from '@hodei/domain';
import { CHANNEL } from './announce.ts';
import { clientConfig, type PostgresOptions } from './connection/postgres-options.ts';

/** The first wait before a connection is made again, in milliseconds; it doubles up to the last. */
const FIRST_WAIT_MS = 50;
const LAST_WAIT_MS = 5000;

/** Who hears of it. */
export interface Listener {
  /** The connection listens: what changes from now on is heard. */
  connected(): void;
  /** It does not any more: changes may be missed. */
  lost(): void;
  change(change: Change): void;
}

/**
 * Listens for changes on a connection of its own, and makes a new one whenever that breaks. Resolves when the
 * signal aborts; never rejects, because all it could say is that the database is away, and who reads rows
 * learns that from their own calls.
 */
export async function listen(options: PostgresOptions, signal: AbortSignal, listener: Listener): Promise<void> {
  let waitMs = FIRST_WAIT_MS;
  while (!signal.aborted) {
    await listenOnce(options, signal, {
      ...listener,
      connected: () => {
        waitMs = FIRST_WAIT_MS;
        listener.connected();
      },
      change: (change) => listener.change(change),
    });
    listener.lost();
    if (signal.aborted) return;
    await sleep(waitMs, undefined, { signal }).catch(() => {});
    waitMs = Math.min(waitMs * 2, LAST_WAIT_MS);
  }
}

/** Resolves when the connection could not be made, broke, or is no longer wanted. */
async function listenOnce(
  options: PostgresOptions,
  signal: AbortSignal,
  listener: Omit<Listener, 'lost'>,
): Promise<void> {
  const client = new Client(
    clientConfig({ ...options, applicationName: `${options.applicationName ?? 'hodei'}-changes` }),
  );
  const broken = new Promise<void>((resolve) => {
    client.once('end', () => resolve());
    client.on('error', () => resolve());
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  client.on('notification', ({ payload }) => {
    const change = parseChange(payload ?? '');
    if (change !== undefined) listener.change(change);
  });
  try {
    await Promise.race([
      client.connect().then(() => client.query(`LISTEN ${CHANNEL}`)),
      broken.then(() => Promise.reject(new Error('it broke'))),
    ]);
    if (!signal.aborted) listener.connected();
    await broken;
  } catch {
    // The caller tries again.
  } finally {
    await client.end().catch(() => {});
  }
}

/** A newer version may tell of kinds of change that this one does not know; it has nobody who waits for them. */
function parseChange(payload: string): Change | undefined {
  const [kind, id = '', word] = payload.split(' ');
  if (kind === 'resync') return { kind };
  if (kind === 'worker') return { kind, workerId: parseWorkerId(id) };
  if (kind === 'cancel' || kind === 'logs' || kind === 'deferred') return { kind, jobId: parseJobId(id) };
  if (kind !== 'job') return undefined;
  const state = JOB_STATES.find((known) => known === word);
  return { kind, jobId: parseJobId(id), ...(state === undefined ? {} : { state }) };
}
