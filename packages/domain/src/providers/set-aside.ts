import type { EpochMs } from '../clock.ts';
import type { JobId } from '../ids.ts';
import type { Job } from '../jobs/job.ts';
import { dueAtOf, turnOf } from '../jobs/turn.ts';

/** A job waits so long for room, in milliseconds, before room is set aside for it. */
export const SET_ASIDE_AFTER_MS = 5000;

/** How long the first time lasts, in milliseconds; each further one lasts twice as long as the one before. */
const FIRST_HOLD_MS = 60_000;

/** Room on one provider that is kept for a job which waited for it. */
export interface SetAside {
  readonly jobId: JobId;
  /** The turn of that job, see {@link turnOf}. */
  readonly turn: number;
  /** What it asks for. */
  readonly cpu: number;
  readonly memoryBytes: number;
  readonly until: EpochMs;
}

/** For whom room is looked for; absent: for a pool. */
export interface RoomFor {
  readonly jobId: JobId;
  readonly turn: number;
}

/**
 * Until when room may be set aside for a job that has found none; absent where it may not now. Pure.
 *
 * It may from {@link SET_ASIDE_AFTER_MS} after it could begin, for a minute; then not for as long, as what it waits for
 * may well never end, and others have waited meanwhile; then for two minutes, and so on, twice as long each time. So
 * what ends at all ends in one of these times, and at most half of all time is spent in them.
 */
export function setAsideUntil(job: Pick<Job, 'createdAt' | 'spec'>, now: EpochMs): EpochMs | undefined {
  let from = dueAtOf(job.spec, job.createdAt) + SET_ASIDE_AFTER_MS;
  for (let holdMs = FIRST_HOLD_MS; from <= now; holdMs *= 2) {
    if (now < from + holdMs) return from + holdMs;
    from += 2 * holdMs;
  }
  return undefined;
}

/** For whom room is looked for where it is a job. Pure. */
export const roomForJob = ({ id, createdAt, spec }: Pick<Job, 'id' | 'createdAt' | 'spec'>): RoomFor => ({
  jobId: id,
  turn: turnOf(createdAt, spec.priority),
});

/**
 * Whether somebody has to leave room that is set aside: everybody but the job itself and those whose turn is before its
 * own. Only finitely many are, so a job whose room it is gets it. Pure.
 */
export const leavesRoom = (setAside: SetAside, roomFor: RoomFor | undefined): boolean =>
  roomFor === undefined || (roomFor.jobId !== setAside.jobId && roomFor.turn >= setAside.turn);
