import {
  LinkedAbort,
  type Attempt,
  type EndRequest,
  type EpochMs,
  type Job,
  type Launch,
  type Outcome,
  type Phase,
  type RunningJob,
  type WorkerExit,
  type WorkerHandle,
  type WorkerProvider,
} from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';
import { OVER } from '../support/over.ts';
import type { AttemptReport } from '../telemetry/attempt-report.ts';
import { endedBefore } from './outcome-of.ts';
import { recordLaunch } from './record-launch.ts';
import type { OutputStore } from './store-output.ts';
import type { StopSignals } from './stop-job.ts';
import { superviseJob } from './supervise-job.ts';

/** The moments of an attempt, as they are reached. */
export type Phases = Partial<Record<Phase, EpochMs>>;

/** An attempt whose job was launched. */
export interface LaunchedAttempt {
  readonly job: Job;
  readonly attempt: Attempt;
  readonly provider: WorkerProvider;
  readonly handle: WorkerHandle;
  readonly output: OutputStore;
  readonly running: RunningJob;
  readonly phases: Phases;
  readonly onExit?: (exit: WorkerExit) => void;
  readonly report?: AttemptReport | undefined;
  /** Whether the rows say already that it was launched. */
  readonly recorded: boolean;
  /** Given where another life followed it before, and may have ended it: the earliest moment of its launch. */
  readonly launchedAfter?: EpochMs;
  /** Where the worker's end was asked for before that. */
  readonly endRequest?: EndRequest;
}

/** How a launched job ended. */
export interface FollowedAttempt {
  readonly outcome: Outcome;
  /** Present where its launch was not recorded before it ended: it is recorded together with its end. */
  readonly launch?: Launch;
}

/**
 * Follows a launched job to its end, and beside that records that it was launched, unless it ends at once.
 * @throws HodeiError `stale_epoch` where the attempt belongs to another instance now.
 */
export async function followAttempt(
  context: JobContext,
  launched: LaunchedAttempt,
  signals: StopSignals,
): Promise<FollowedAttempt> {
  const { job, attempt, provider, handle, output, phases, launchedAfter, endRequest, report } = launched;
  const { timeoutMs } = job.spec;
  const launchedAt = (phases.launched ??= context.clock.now());
  const supervised = {
    spec: job.spec,
    attempt,
    provider,
    handle,
    output,
    onFirstByte: () => {
      // What is acknowledged already was seen by another life, which took the moment with it.
      if (phases.firstByte !== undefined || hasOutput(attempt)) return;
      phases.firstByte = context.clock.now();
      report?.firstByte(phases);
    },
    onExit: (exit: WorkerExit) => {
      const { exitedAt } = exit;
      launched.onExit?.(exit);
      // The engine's moment; what we saw of a very short job may have reached us later than its end.
      phases.exited = Math.max(exitedAt, phases.firstByte ?? launchedAt);
    },
    ...(launchedAfter === undefined
      ? {}
      : {
          endedBefore: (exit: WorkerExit) =>
            endedBefore(job, exit, launchedAfter + (timeoutMs ?? Number.POSITIVE_INFINITY), endRequest),
        }),
    ...(timeoutMs === undefined ? {} : { deadlineAt: launchedAt + timeoutMs }),
  };
  // Where the launch can't be recorded, the job is not ours to follow either.
  using abandon = new LinkedAbort(signals.lost);
  const supervision = superviseJob(context, supervised, launched.running, signals, abandon.signal);
  let isRecorded = launched.recorded;
  const recordInTurn = async (): Promise<void> => {
    if (isRecorded || (await endsSoon(context, supervision))) return;
    isRecorded = true;
    await recordLaunch(context, attempt, handle, { ...phases });
    report?.launched(phases);
  };
  const record = recordInTurn();
  record.catch((error: unknown) => abandon.abort(error));
  const outcome = await supervision;
  await record;
  return isRecorded ? { outcome } : { outcome, launch: { warnings: handle.warnings, at: launchedAt } };
}

/** How much later a launch is recorded, in milliseconds. */
const GIVE_WAY_MS = 3;

/**
 * Waits a little before the launch is recorded. The first output is stored before it then (both change the attempt's
 * row, and someone may be waiting for the output), and the launch of a job that ends meanwhile is recorded with its end.
 * @returns whether it has ended.
 */
async function endsSoon({ clock }: Pick<JobContext, 'clock'>, supervision: Promise<Outcome>): Promise<boolean> {
  const over = new AbortController();
  const ended = supervision.then(
    () => true,
    () => true,
  );
  const later = clock.sleep(GIVE_WAY_MS, over.signal).then(() => false);
  const isOver = await Promise.race([ended, later]);
  over.abort(OVER);
  return isOver;
}

const hasOutput = ({ acknowledged }: Attempt): boolean => acknowledged.stdout > 0 || acknowledged.stderr > 0;
