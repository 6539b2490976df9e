import { dispatchJobs, recoverAbandoned, takeOverStep } from '@hodei/application';
import { runLoop, type ControlPlane } from '@hodei/server';

/**
 * Runs whatever is pending, and goes on with what instances that died have left, until nothing of either is there and
 * nothing runs here.
 * @throws the reason of the lost lease.
 */
export async function runPending({ store, context, runner, lost }: ControlPlane): Promise<void> {
  const { diagnostics } = store;
  do {
    await takeOverStep(context, runner);
    await using _recovering = runLoop('recovery', diagnostics, (over) => recoverAbandoned(context, runner, over));
    // Disposed of first: what was claimed at the very end has been started then, and is waited for.
    await using _dispatching = runLoop('dispatch', diagnostics, (over) => dispatchJobs(context, runner, over));
    using changes = context.hub.subscribe({ kinds: ['job'] });
    do {
      await changes.next(lost);
      await runner.idle();
      lost.throwIfAborted();
    } while (await anyPending(context));
  } while (runner.activeCount > 0 || (await anyPending(context)));
}

const anyPending = async ({ repositories }: ControlPlane['context']): Promise<boolean> =>
  (await repositories.jobs.countByState()).pending > 0;
