import type { EpochMs } from '../clock.ts';
import type { JobSpec } from './job.ts';

/** A point of priority is worth as much waiting as this, in milliseconds. */
export const PRIORITY_POINT_MS = 60_000;

/**
 * When a job's turn is, among jobs of the same queue and tenant: the lower, the earlier. A point of priority
 * puts it where a job stands that has waited for a minute longer. So priority decides at once, and yet nothing
 * waits for ever: only finitely many jobs come before any other. Pure.
 */
export const turnOf = (createdAt: EpochMs, priority: number): number => createdAt - priority * PRIORITY_POINT_MS;

/** The moment until which a job may wait for its first start; absent where it may wait for ever. Pure. */
export const waitUntilOf = (
  spec: { readonly notBefore?: EpochMs; readonly waitTimeoutMs?: number },
  submittedAt: EpochMs,
): EpochMs | undefined =>
  spec.waitTimeoutMs === undefined ? undefined : dueAtOf(spec, submittedAt) + spec.waitTimeoutMs;

/** The first moment at which a new job may begin. Pure. */
export const dueAtOf = (spec: { readonly notBefore?: EpochMs }, submittedAt: EpochMs): EpochMs =>
  Math.max(submittedAt, spec.notBefore ?? submittedAt);

/**
 * A new job that is due only after so long, in milliseconds, is told of as `deferred`. Whoever begins jobs looks more
 * often than this for what is due next.
 */
export const DEFERRED_MS = 10_000;

/**
 * Whether a new job may be begun by the step that stores it, as far as it says itself: its time has come, and it names no
 * concurrency key. Bytes for its stdin are stored by a step of their own, too. Pure.
 */
export const mayBeginAtOnce = (
  spec: Pick<JobSpec, 'notBefore' | 'concurrencyKey' | 'stdin'>,
  submittedAt: EpochMs,
): boolean =>
  dueAtOf(spec, submittedAt) <= submittedAt && spec.concurrencyKey === undefined && spec.stdin === undefined;
