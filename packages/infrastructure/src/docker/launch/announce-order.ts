import {
  aheadOf,
  encodeLaunchOrder,
  encodeReusableOrder,
  GO_LINE,
  isHodeiError,
  VOID_LINE,
  type LaunchOrder,
  type WorkerHandle,
} from '@hodei/domain';

import { isDirect, isReusable } from '../workers/handle-state.ts';
import type { WorkerSession, WorkerSessions } from '../workers/worker-session.ts';

/** Wakes the engine, its shim and the worker's shell. Both launchers skip it before an order. */
const BLANK = ' ';

/** {@link WorkerProvider.announce}: sends all of the order but its last line. One with secrets has none sent ahead. */
export function announceOrder(sessions: WorkerSessions, handle: WorkerHandle, order: LaunchOrder): void {
  const session = sessions.get(handle.workerId, handle.resourceId);
  if (session === undefined || isDirect(handle) || !sessions.isWaiting(handle.workerId, handle.resourceId)) return;
  const isAhead = Object.keys(order.secrets).length === 0;
  let ahead = BLANK;
  try {
    if (isAhead) ahead = aheadOf(encode(handle, order));
  } catch (error) {
    // The launch will say so.
    if (isHodeiError(error)) return;
    throw error;
  }
  session.socket.write(voidOf(session) + ahead);
  session.announced = isAhead ? order.nonce : undefined;
}

/**
 * What is yet to be sent of an order.
 * @throws HodeiError `invalid_input`, `limit_exceeded`
 */
export function restOf(session: WorkerSession | undefined, handle: WorkerHandle, order: LaunchOrder): string {
  if (session?.announced === order.nonce) return GO_LINE;
  return voidOf(session) + encode(handle, order);
}

const voidOf = (session: WorkerSession | undefined): string => (session?.announced === undefined ? '' : VOID_LINE);

const encode = (handle: WorkerHandle, order: LaunchOrder): string =>
  isReusable(handle) ? encodeReusableOrder(order) : encodeLaunchOrder(order);
