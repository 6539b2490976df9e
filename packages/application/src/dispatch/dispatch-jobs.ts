import { LinkedAbort, TERMINAL_JOB_STATES, toHodeiError, type Job, type JobId } from '@hodei/domain';

import type { OnProgress } from '../attempts/prepare-worker.ts';
import { continueOwned } from '../recovery/continue-owned.ts';
import type { Subscription } from '../support/change-hub.ts';
import type { JobContext } from '../support/job-context.ts';
import { OVER } from '../support/over.ts';
import type { JobRunner } from './job-runner.ts';

/**
 * Without any change, the store is looked at this often, in milliseconds: a net under the change feed. Less than
 * `DEFERRED_MS`: of a deferred job nobody is told, and its moment is found then.
 */
const NET_MS = 5000;

/**
 * What is due by the clock alone is looked for this often at most, in milliseconds, however many changes there are; a
 * job whose moment comes sooner than that after its submission is as late as this at most.
 */
const DUE_LOOK_MS = 50;

/** While so many jobs found no room that no more are tried, the next ones are after so long, in milliseconds. */
const NO_ROOM_MS = 250;

/** What a dispatcher may take. */
export interface DispatchOptions {
  /** None but these jobs; absent: any. */
  readonly only?: readonly JobId[];
  readonly onProgress?: OnProgress;
}

/**
 * Claims what is pending, up to the places that are free here, and starts it. One step; it waits for nothing
 * but its claims: where one gives as many jobs as it may, there may be more, and nobody tells of those again.
 * @returns how many jobs it started.
 */
export async function dispatchStep(
  context: JobContext,
  runner: JobRunner,
  options: DispatchOptions = {},
): Promise<number> {
  let started = 0;
  for (;;) {
    const limit = placesLeft(context, runner);
    if (limit <= 0) {
      runner.othersWait = true;
      return started;
    }
    const claimed = await context.repositories.jobs.claimPending({
      epoch: context.instance.epoch,
      limit,
      at: context.clock.now(),
      ...(options.only === undefined ? {} : { only: options.only }),
    });
    for (const job of claimed) start(context, runner, job, options);
    started += claimed.length;
    if (options.only === undefined) runner.othersWait = claimed.length === limit;
    if (claimed.length < limit) return started;
  }
}

/** How many jobs may be claimed now. */
const placesLeft = ({ policy, clock }: Pick<JobContext, 'policy' | 'clock'>, runner: JobRunner): number =>
  Math.min(policy.maxConcurrentJobs - runner.activeCount, runner.roomTries.left(clock.now()));

function start(context: JobContext, runner: JobRunner, job: Job, { onProgress }: DispatchOptions): void {
  runner.start(job, onProgress).catch((error: unknown) => {
    context.diagnostics.error('a job was let go', { jobId: job.id, error: toHodeiError(error) });
  });
}

/** How many jobs one statement ends. */
const EXPIRE_BATCH = 500;

/**
 * Ends what has waited for its start longer than it may, of all instances: whichever is alive does it.
 * @returns how many jobs it ended.
 */
export async function expireStep({
  repositories,
  clock,
  telemetry,
}: Pick<JobContext, 'repositories' | 'clock' | 'telemetry'>): Promise<number> {
  let ended = 0;
  for (;;) {
    const more = await repositories.jobs.expireWaiting({ at: clock.now(), limit: EXPIRE_BATCH });
    ended += more;
    if (more > 0) telemetry?.jobsExpired(more);
    if (more < EXPIRE_BATCH) return ended;
  }
}

/**
 * Steps whenever a job changed, one is due, or a while has passed, until the signal aborts. What runs then
 * goes on; see {@link JobRunner.idle}. Meanwhile a job that is submitted here may begin at once.
 */
export async function dispatchJobs(
  context: JobContext,
  runner: JobRunner,
  signal: AbortSignal,
  options: DispatchOptions = {},
): Promise<void> {
  using waits = context.hub.subscribe({ kinds: ['job'], states: ['pending'] });
  using ends = context.hub.subscribe({ kinds: ['job'], states: TERMINAL_JOB_STATES });
  using _open = options.only === undefined ? runner.open() : undefined;
  const { ownership } = context.repositories;
  // The answer of a claim may be lost: what it claimed is found among what this instance owns.
  let unsure = false;
  let lookAt = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    try {
      const looks = context.clock.now() >= lookAt;
      if (unsure) await continueOwned(context, runner, await ownership.listOwned(context.instance.epoch));
      unsure = true;
      if (looks) await expireStep(context);
      await dispatchStep(context, runner, options);
      unsure = false;
      const now = context.clock.now();
      let due = lookAt;
      // What ends makes room, which is of use only where something waits for it.
      let changes = [waits, ends];
      if (looks) {
        lookAt = now + DUE_LOOK_MS;
        const outlook = await context.repositories.jobs.outlook(now);
        if (!outlook.isDue) {
          changes = [waits];
          runner.othersWait = false;
        }
        due = outlook.next ?? Number.POSITIVE_INFINITY;
        if (due < lookAt) lookAt = due;
      }
      const againMs = runner.roomTries.left(now) > 0 ? NET_MS : NO_ROOM_MS;
      await changedOrTime(context, changes, Math.min(againMs, due - now), signal);
    } catch (error) {
      if (signal.aborted) return;
      context.diagnostics.warn('jobs could not be claimed, or their claim was not answered; trying again', {
        error: toHodeiError(error),
      });
      await context.clock.sleep(NET_MS / 5, signal).catch(() => undefined);
    }
  }
}

async function changedOrTime(
  context: JobContext,
  changes: readonly Pick<Subscription, 'next'>[],
  waitMs: number,
  signal: AbortSignal,
): Promise<void> {
  using either = new LinkedAbort(signal);
  try {
    await Promise.race([
      ...changes.map((each) => each.next(either.signal)),
      context.clock.sleep(waitMs, either.signal),
    ]);
  } finally {
    either.abort(OVER);
  }
}
