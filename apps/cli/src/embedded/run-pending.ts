import { dispatchJobs } from '@hodei/application';
import type { ControlPlane } from '@hodei/server';

/**
 * Runs whatever is pending until nothing is pending any more and nothing runs here.
 * @throws the reason of `signal`, or of the lost lease.
 */
export async function runPending(plane: ControlPlane, signal?: AbortSignal): Promise<void> {
  const { context, runner, lost } = plane;
  const stop = signal === undefined ? lost : AbortSignal.any([lost, signal]);
  do {
    const over = new AbortController();
    const dispatching = dispatchJobs(context, runner, AbortSignal.any([over.signal, stop]));
    try {
      await quiet(plane, stop);
    } finally {
      over.abort();
      await dispatching;
    }
    // What was claimed at the very end runs as well, and may be pending again afterwards.
    await runner.idle();
  } while (await anyPending(plane));
}

async function quiet(plane: ControlPlane, stop: AbortSignal): Promise<void> {
  using changes = plane.context.hub.subscribe({ kinds: ['job'] });
  do {
    await changes.next(stop);
    await plane.runner.idle();
  } while (await anyPending(plane));
}

const anyPending = async ({ context }: ControlPlane): Promise<boolean> =>
  (await context.repositories.jobs.countByState()).pending > 0;
