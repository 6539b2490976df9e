import { isSuccess, toHodeiError, type Job, type JobId, type JobInput, type Outcome } from '@hodei/domain';
import { jobDescriptionToJson } from '@hodei/server';

import type { Backend } from '../backend.ts';
import type { Cli } from '../cli.ts';
import { copyOutput } from '../output/copy-output.ts';
import { explainEnd } from '../output/explain-end.ts';
import { EXIT, isPlatformFailure, jobExitCode } from '../output/job-exit-code.ts';
import { createProgressLine, type ProgressLine } from '../output/progress-line.ts';
import { ClosedOutputError } from '../output/sink.ts';
import { createGapTeller } from '../output/tell-gaps.ts';
import { oneLine } from '../output/width.ts';
import { writeJson } from '../output/write-json.ts';
import { InterruptedError, Interruptions } from './interruptions.ts';
import { requestedBy } from './requested-by.ts';

/** How to tell of a job. */
export interface RunMode {
  readonly json: boolean;
  readonly quiet: boolean;
}

const NEWLINE = 0x0a;

/**
 * Runs a job and is to it what `docker run` is to a container: passes on its output and its exit code, and what the
 * user wants of it.
 * @returns the exit code.
 */
export async function runJob(cli: Cli, input: JobInput, mode: RunMode): Promise<number> {
  // Outlives the backend: closing that waits for the worker to be gone, which a second Ctrl-C must not prevent.
  using interruptions = new Interruptions();
  await using backend = cli.openBackend({ quiet: mode.quiet });
  const progress = createProgressLine(cli.stderr, cli.err, mode.quiet);
  try {
    progress.show(backend.firstStep);
    const jobId = await backend.submit(input, { detach: false, signal: interruptions.first });
    passOnInterruptions(backend, jobId, interruptions, progress);
    return await follow(cli, backend, jobId, mode, progress);
  } catch (error) {
    // Before there was a job: nothing has to be told.
    if (error instanceof InterruptedError) return EXIT.cancelled;
    throw error;
  } finally {
    await progress.end();
  }
}

async function follow(
  cli: Cli,
  backend: Backend,
  jobId: JobId,
  mode: RunMode,
  progress: ProgressLine,
): Promise<number> {
  const over = new AbortController();
  const sinks = { stdout: mode.json ? cli.stderr : cli.stdout, stderr: cli.stderr };
  const output = backend.followOutput({ jobId, follow: true, signal: over.signal });
  let failure: { readonly error: unknown } | undefined;
  const tellGap = createGapTeller(cli.stderr);
  const copying = copyOutput(output, sinks, {
    onFirst: () => progress.end(),
    onGap: async (record, last) => {
      if (mode.quiet) return;
      await progress.end();
      await tellGap(record, last);
    },
  }).catch(async (error: unknown) => {
    if (over.signal.aborted) return undefined;
    failure = { error };
    // Nobody sees any more what it does: it is not to go on unseen.
    await backend.cancel(jobId, requestedBy('its output was closed'));
    return undefined;
  });
  try {
    const ended = backend.waitForEnd(jobId, {
      onWaiting: (words) => progress.show(`waiting for ${words}`),
      onRetry: ({ number, outcome }) =>
        void progress.tell(
          `attempt ${number} ${outcome === undefined ? 'has ended' : explainEnd(outcome)}; trying again`,
        ),
    });
    const [description, last] = await Promise.all([ended, copying]);
    await progress.end();
    const outcome = outcomeOf(description.job);
    if (failure !== undefined) return exitAfterFailure(failure.error, outcome);
    await tellEnd(cli, jobId, outcome, mode, last?.stderr);
    if (mode.json) await writeJson(cli.stdout, jobDescriptionToJson(description));
    return jobExitCode(outcome);
  } finally {
    over.abort();
  }
}

/** @throws whatever it was, but for a closed output, which is nobody's fault. */
function exitAfterFailure(error: unknown, outcome: Outcome): number {
  if (!(error instanceof ClosedOutputError)) throw error;
  return outcome.cause === 'cancelled' ? EXIT.outputClosed : jobExitCode(outcome);
}

const outcomeOf = ({ id, outcome }: Job): Outcome =>
  outcome ?? {
    cause: 'worker_lost',
    evidence: { message: `job ${id} has ended without an outcome`, code: 'internal' },
  };

async function tellEnd(
  cli: Cli,
  jobId: JobId,
  outcome: Outcome,
  { quiet, json }: RunMode,
  lastByte: number | undefined,
): Promise<void> {
  if (isSuccess(outcome) || (quiet && !isPlatformFailure(outcome))) return;
  // Our line begins a line, also where the job has not finished its last one.
  const begin = lastByte === undefined || lastByte === NEWLINE || json ? '' : '\n';
  await cli.stderr.write(`${begin}hodei: job ${jobId} ${oneLine(explainEnd(outcome))}\n`).catch(unlessClosed);
}

function passOnInterruptions(
  backend: Backend,
  jobId: JobId,
  { first, second }: Interruptions,
  progress: ProgressLine,
): void {
  const ask = async (): Promise<void> => {
    const { signal } = first.reason as InterruptedError;
    await backend.cancel(jobId, requestedBy(signal === 'SIGINT' ? 'Ctrl-C' : signal));
    await progress.tell('asking the job to end; Ctrl-C again kills it');
  };
  const insist = async (): Promise<void> => {
    await asked;
    await backend.cancel(jobId, requestedBy('Ctrl-C'), { force: true });
    await progress.tell('killing the job');
  };
  const complain = (error: unknown): Promise<void> =>
    progress.tell(`the job could not be stopped: ${toHodeiError(error).message}`);
  let asked: Promise<void> = Promise.resolve();
  whenAborted(first, () => {
    asked = ask().catch(complain);
  });
  whenAborted(second, () => void insist().catch(complain));
}

function whenAborted(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener('abort', act, { once: true });
}

function unlessClosed(error: unknown): void {
  if (!(error instanceof ClosedOutputError)) throw error;
}
