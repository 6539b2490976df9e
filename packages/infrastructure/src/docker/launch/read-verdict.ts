import { setTimeout as delay } from 'node:timers/promises';

import { createOrderReader, HodeiError, type LaunchVerdict, type WorkerHandle } from '@hodei/domain';

import type { DockerEngine } from '../engine/docker-engine.ts';
import { isReusable } from '../workers/handle-state.ts';
import { hasRotated } from '../output/has-rotated.ts';
import { hasEnded } from '../workers/inspect-container.ts';
import { markerOf } from '../output/log-cursor.ts';
import { readEngineLog } from '../output/read-engine-log.ts';

const RETRY_MS = 100;

/**
 * What a worker said to an order with this nonce, from the engine's log. Waits for a worker that still waits
 * for its order; returns nothing where it ended without one, or took another, and `lost` where the log does not say
 * it any more, because the worker was launched and wrote too much since.
 *
 * @throws HodeiError `worker_not_found`; `internal` where the log begins with something else.
 */
export async function readVerdict(
  engine: DockerEngine,
  handle: WorkerHandle,
  nonce: string,
  signal?: AbortSignal,
): Promise<LaunchVerdict | 'lost' | undefined> {
  const reusable = isReusable(handle);
  for (;;) {
    const there = await firstLine(engine, handle, { follow: false, signal });
    // Who waits for its order writes nothing: what has lost its beginning was written by a launched job.
    const mayBeLost = !reusable && (there === undefined || markerOf(there) === undefined);
    if (mayBeLost && (await hasRotated(engine, handle, signal))) return 'lost';
    const first = there ?? (await firstLine(engine, handle, { follow: true, signal }));
    if (first !== undefined) {
      const verdict = reusable ? await findVerdict(engine, handle, { nonce, follow: true, signal }) : undefined;
      if (verdict !== undefined) return verdict;
      const marker = markerOf(first);
      if (marker === undefined) throw lostBeginning(handle);
      if (!reusable) return marker.nonce === nonce ? marker.verdict : undefined;
    }
    if (await hasEnded(engine, handle, signal)) return undefined;
    await delay(RETRY_MS, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

/**
 * What a reusable worker said to an order with this nonce, from all of its log; with `follow` up to its end.
 *
 * @throws HodeiError `worker_not_found`
 */
export async function findVerdict(
  engine: DockerEngine,
  handle: WorkerHandle,
  { nonce, follow, signal }: { nonce: string; follow: boolean; signal: AbortSignal | undefined },
): Promise<LaunchVerdict | undefined> {
  const reader = createOrderReader(nonce);
  for await (const messages of readEngineLog(engine, { handle, follow, stream: 'stdout', signal })) {
    for (const { bytes } of messages) {
      reader.push(bytes);
      if (reader.verdict !== undefined) return reader.verdict;
    }
  }
  return undefined;
}

const lostBeginning = ({ workerId }: WorkerHandle): HodeiError =>
  new HodeiError(
    'internal',
    `the log of worker ${workerId} does not begin with a launch marker; it outgrew the bound of its log, or was not written by us`,
  );

async function firstLine(
  engine: DockerEngine,
  handle: WorkerHandle,
  { follow, signal }: { readonly follow: boolean; readonly signal: AbortSignal | undefined },
): Promise<Uint8Array | undefined> {
  for await (const messages of readEngineLog(engine, { handle, follow, stream: 'stdout', signal })) {
    const first = messages[0];
    if (first !== undefined) return first.bytes;
  }
  return undefined;
}

/** Nothing for a launched job; else why it was not. */
export function refusal(verdict: LaunchVerdict | 'lost', handle: WorkerHandle): HodeiError | undefined {
  switch (verdict) {
    case 'launched':
    case 'lost':
      return undefined;
    case 'command-not-found':
      return new HodeiError(
        'command_not_found',
        `the program that the job names is not in the image of worker ${handle.workerId}`,
      );
    case 'command-not-executable':
      return new HodeiError(
        'start_failed',
        `the program that the job names is no executable file in the image of worker ${handle.workerId}`,
        { details: { exitCode: 126 } },
      );
    case 'workdir-not-found':
      return new HodeiError(
        'start_failed',
        `the job's workdir is not there and can't be made in worker ${handle.workerId}`,
      );
    default:
      return verdict satisfies never;
  }
}

/** The error for a worker that did not begin the job. */
export const neverLaunched = ({ workerId }: WorkerHandle): HodeiError =>
  new HodeiError(
    'never_launched',
    `worker ${workerId} ended without taking the order, or was not given it; the job can be run elsewhere`,
  );
