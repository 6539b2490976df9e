import { toHodeiError, type Attempt, type Job, type Outcome, type Worker } from '@hodei/domain';

import { openSecrets } from '../jobs/open-secrets.ts';
import { backoffMs } from '../support/backoff.ts';
import type { JobContext } from '../support/job-context.ts';
import { aboutAttempt } from '../support/with-facts.ts';
import { reportOf } from '../telemetry/attempt-report.ts';
import type { StartKind } from '../telemetry/telemetry.ts';
import { endAttempt, type AttemptResult } from './end-attempt.ts';
import { followAttempt, type FollowedAttempt, type Phases } from './follow-attempt.ts';
import { askWorker } from './launch-job.ts';
import { outcomeOfError } from './outcome-of.ts';
import { createPatience } from './patience.ts';
import { takeUpDirect } from './prepare-worker.ts';
import { recordReady } from './record-launch.ts';
import { OutputStore } from './store-output.ts';
import type { StopSignals } from './stop-job.ts';

/**
 * Goes on with an attempt that another instance (or an earlier life of this one) left behind. The worker is
 * asked what became of its order: a job that was launched is followed to its end from where its output was
 * acknowledged; one that was not is given back without using up an attempt.
 *
 * @throws HodeiError `stale_epoch` where the attempt belongs to yet another instance now.
 */
export async function adoptAttempt(
  instanceContext: JobContext,
  job: Job,
  attempt: Attempt,
  signals: StopSignals,
): Promise<AttemptResult> {
  const context = aboutAttempt(instanceContext, attempt);
  const provider = await whenReachable(context, signals, async () => context.registry.provider(attempt.providerId));
  const worker = await context.repositories.workers.get(attempt.workerId);
  const { stateChangedAt, endRequest } = worker;
  let known = worker.handle;
  const report = reportOf(context, job, attempt, startOf(worker));
  const phases: Phases = { ...attempt.phases };
  let output: OutputStore | undefined;
  let followed: FollowedAttempt;
  try {
    if (worker.state === 'connecting') {
      const { id: workerId, expiresAt } = worker;
      known = await whenReachable(context, signals, () =>
        takeUpDirect(context, provider, job, { workerId, expiresAt }, signals.lost),
      );
      await recordReady(context, attempt, known);
    }
    if (known === undefined) {
      followed = { outcome: neverOrdered() };
    } else {
      const handle = known;
      output = OutputStore.for(context, job, attempt, await openSecrets(context, job));
      const question = { nonce: attempt.nonce, ...(await output.resume()) };
      const recorded = job.state === 'running';
      const running = recorded
        ? await whenReachable(context, signals, () =>
            provider.recoverWorker(handle, { ...question, signal: signals.lost }),
          )
        : await askWorker(context, provider, handle, question, signals.lost);
      followed = await followAttempt(
        context,
        {
          job,
          attempt,
          provider,
          handle,
          output,
          running,
          phases,
          recorded,
          report,
          launchedAfter: attempt.phases.launched ?? stateChangedAt,
          ...(endRequest === undefined ? {} : { endRequest }),
        },
        signals,
      );
    }
  } catch (thrown) {
    signals.lost.throwIfAborted();
    const error = toHodeiError(thrown);
    if (error.code === 'stale_epoch') throw error;
    // Its output goes with the worker. Where that vanished, the order may have been carried out.
    if (error.code === 'worker_not_found' || phases.launched !== undefined) await output?.loseRest();
    followed = { outcome: outcomeOfError(error) };
  }
  return endAttempt(context, attempt, provider, known, followed, phases, { report });
}

const startOf = ({ pool, jobsRun }: Pick<Worker, 'pool' | 'jobsRun'>): StartKind =>
  pool === undefined ? 'cold' : jobsRun > 1 ? 'reused' : 'warm';

/** The rows get the worker's handle before an order is sent, and tell of a worker that runs its job by itself: else there was none. */
const neverOrdered = (): Outcome => ({
  cause: 'never_launched',
  evidence: { message: 'its instance died before the worker was ready' },
});

/** Tries for as long as the engine is away. @throws whatever else it throws; the reason of `signals.lost`. */
async function whenReachable<T>(context: JobContext, signals: StopSignals, call: () => Promise<T>): Promise<T> {
  const mayPass = createPatience();
  for (let tries = 0; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      if (!mayPass(error)) throw error;
      await context.clock.sleep(backoffMs(tries), signals.lost);
    }
  }
}
