import { NEVER_LAUNCHED_EXIT_CODE, type Attempt, type Outcome } from '@hodei/domain';

import type { World } from './world.ts';

/** Says what is wrong with an outcome, from what the engine, the plan and the storm know; `undefined`: nothing. */
export function checkOutcome(world: World, attempt: Attempt, outcome: Outcome): string | undefined {
  const { cause, evidence } = outcome;
  const job = world.store.jobs.get(attempt.jobId)?.job;
  const plan = world.planOf(attempt.jobId);
  const worker = world.workers.get(attempt.workerId);
  const wasStruck = (how: 'killed' | 'out of memory' | 'vanished' | 'ended by its engine'): boolean =>
    world.wasStruck(attempt.workerId, how);
  const order = worker?.job(attempt.nonce);
  const launched = order?.verdict === 'launched';
  const onEngine = worker !== undefined && world.engine.find(attempt.workerId) === worker;
  // A direct launch has no order whose fate could be asked for; see the rule about two workers.
  if (launched && onEngine && order.exit === undefined && worker?.direct === undefined) return 'its job runs on';
  const natural = plan?.end?.cause === cause;
  switch (cause) {
    case 'exited':
    case 'signalled':
    case 'oom_killed':
    case 'timed_out':
      if (!launched) return 'it was never launched';
      if (order.exit?.endedByEngine && cause !== 'timed_out') return 'its engine ended it';
      if (evidence.exitCode !== order.exit?.exitCode) return `the engine says ${JSON.stringify(order.exit)}`;
      if (natural && (cause === 'timed_out' || plan.end?.exitCode === evidence.exitCode)) return undefined;
      if (cause === 'signalled' && (wasStruck('killed') || job?.cancelRequest !== undefined)) return undefined;
      if (cause === 'oom_killed' && wasStruck('out of memory')) return undefined;
      if (cause === 'exited' && job?.cancelRequest !== undefined) return undefined;
      return `a job of kind ${plan?.kind} ends with ${JSON.stringify(plan?.end)}`;
    case 'cancelled':
      return job?.cancelRequest === undefined ? 'nobody asked for it' : undefined;
    case 'retired':
      return 'no attempt ends so';
    case 'worker_lost':
      if (world.store.workers.get(attempt.workerId)?.endRequest?.kind === 'destroy') return undefined;
      return wasStruck('vanished') || wasStruck('ended by its engine')
        ? undefined
        : 'its worker did not vanish by itself';
    case 'never_launched':
      if (launched && worker?.direct === undefined) return 'it was launched';
      return evidence.exitCode === undefined || evidence.exitCode === NEVER_LAUNCHED_EXIT_CODE
        ? undefined
        : 'that is no exit code of the launcher';
    case 'wait_timeout':
      return 'it ended without an attempt';
    case 'provider_unavailable':
      return launched && worker?.direct === undefined ? 'it was launched' : undefined;
    case 'start_failed':
      if (world.weather.isOdd && evidence.code === 'internal')
        return launched && worker?.direct === undefined ? 'it was launched' : undefined;
      return natural ? undefined : `a job of kind ${plan?.kind} ends with ${JSON.stringify(plan?.end)}`;
    case 'image_not_found':
    case 'image_pull_denied':
    case 'image_pull_timeout':
    case 'image_pull_failed':
    case 'command_not_found':
    case 'limit_exceeded':
      return natural ? undefined : `a job of kind ${plan?.kind} ends with ${JSON.stringify(plan?.end)}`;
    default:
      return cause satisfies never;
  }
}
