import {
  LinkedAbort,
  type Attempt,
  type EndRequest,
  type EpochMs,
  type Job,
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
  /** Whether its first output comes before the record of its launch; its worker's row must say `busy` already. */
  readonly recordsLater?: boolean;
  /** Given where another life followed it before, and may have ended it: the earliest moment of its launch. */
  readonly launchedAfter?: EpochMs;
  /** Where the worker's end was asked for before that. */
  readonly endRequest?: EndRequest;
}

/**
 * Follows a launched job to its end, and beside that records that it was launched.
 * @throws HodeiError `stale_epoch` where the attempt belongs to another instance now.
 */
export async function followAttempt(
  context: JobContext,
  launched: LaunchedAttempt,
  signals: StopSignals,
): Promise<Outcome> {
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
  const recordInTurn = async (): Promise<void> => {
    if (launched.recorded) return;
    if (launched.recordsLater === true) await giveWay(context, supervision);
    await recordLaunch(context, attempt, handle, { ...phases });
    report?.launched(phases);
  };
  const record = recordInTurn();
  record.catch((error: unknown) => abandon.abort(error));
  const outcome = await supervision;
  await record;
  return outcome;
}

/** How much later a launch is recorded, in milliseconds. */
const GIVE_WAY_MS = 3;

/**
 * Lets the first output be stored before the launch is recorded: both change the attempt's row, and someone may be
 * waiting for the output.
 */
async function giveWay({ clock }: Pick<JobContext, 'clock'>, supervision: Promise<Outcome>): Promise<void> {
  const over = new AbortController();
  const ended = supervision.then(
    () => undefined,
    () => undefined,
  );
  await Promise.race([ended, clock.sleep(GIVE_WAY_MS, over.signal)]);
  over.abort(OVER);
}

const hasOutput = ({ acknowledged }: Attempt): boolean => acknowledged.stdout > 0 || acknowledged.stderr > 0;
