import type { Mutation } from './mutation.ts';
import {
  withoutFence,
  withoutTakenJobs,
  withEarlyTakeOver,
  withOwnClocks,
  withoutOwnershipCheck,
  withForgottenCancellation,
  withSkippedLaunch,
} from './planted/ownership-bugs.ts';
import {
  withBlindClaim,
  withCarelessRoom,
  withForgottenRoom,
  withOldCount,
  withUnnoticedPause,
  withUnnoticedPauseOfNew,
} from './planted/admission-bugs.ts';
import {
  withRepeatedOutput,
  withLostOutput,
  withForgottenBound,
  withoutWorkerGaps,
  withClosedGaps,
} from './planted/output-bugs.ts';
import {
  withBlindLaunch,
  withHastyLoss,
  withHastyOrders,
  withHastyRefusal,
  withLateRow,
  withOwnEnds,
  withOwnWorkersOnly,
  withEmptyList,
  withImagesOfNobody,
  withoutGrace,
} from './planted/engine-bugs.ts';
import {
  withCarelessPool,
  withMixedTenants,
  withOneStartAtATime,
  withoutKeeping,
  withRareLooks,
} from './planted/pools-bugs.ts';

/** A bug that somebody could well make, and the words of the rule that it breaks. */
export interface PlantedBug {
  readonly name: string;
  readonly mutation: Mutation;
  readonly breaks: RegExp;
}

/** The bugs that the simulation has to find. None is in the code: each stands between the application and a port. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'the store accepts writes of a former owner',
    mutation: { repositories: withoutFence },
    breaks: /belongs to epoch/,
  },
  {
    name: 'jobs are taken over, and then nobody goes on with them',
    mutation: { context: withoutTakenJobs },
    breaks: /is still (scheduled|running)/,
  },
  {
    name: 'a job ends that never ran',
    mutation: { repositories: withSkippedLaunch },
    breaks: /went from scheduled to succeeded/,
  },
  {
    name: 'work is taken from instances that are alive',
    mutation: { repositories: withEarlyTakeOver },
    breaks: /which is alive/,
  },
  {
    name: 'each instance measures leases by its own clock',
    mutation: { repositories: withOwnClocks },
    breaks: /which is alive/,
  },
  {
    name: 'what an engine ended as it went down is taken for a job that ended by itself',
    mutation: { provider: withOwnEnds },
    breaks: /its engine ended it/,
  },
  {
    name: 'a claim overwrites what happened to the job meanwhile',
    mutation: { repositories: withBlindClaim },
    breaks: /had ended as|went from|belongs to epoch|passed job|its queue is paused/,
  },
  {
    name: 'output is read again from its beginning',
    mutation: {
      provider: withRepeatedOutput,
    },
    breaks: /was written|bytes of std(out|err) are stored|which the engine has not lost/,
  },
  {
    name: 'output is acknowledged and not stored',
    mutation: { repositories: withLostOutput },
    breaks: /bytes of std(out|err) are stored|goes on at/,
  },
  {
    name: 'a gap is closed up silently',
    mutation: { provider: withClosedGaps },
    breaks: /was written|bytes of std(out|err) are (stored|acknowledged)/,
  },
  {
    name: 'who adopts a job forgets how much of its output is kept already',
    mutation: { repositories: withForgottenBound },
    breaks: /and its bound is|after it was cut off|is cut off where/,
  },
  {
    name: 'nobody records that output is gone with its worker',
    mutation: { repositories: withoutWorkerGaps },
    breaks: /bytes of std(out|err) are stored/,
  },
  {
    name: 'an order whose answer was lost is sent again, and its refusal believed',
    mutation: { provider: withBlindLaunch },
    breaks: /it was launched|its job runs on/,
  },
  {
    name: 'an order that an engine failed at in an unknown way is taken for refused',
    mutation: { provider: withHastyRefusal },
    breaks: /it was launched|its job runs on/,
  },
  {
    name: 'an order runs as soon as it is announced',
    mutation: { provider: withHastyOrders },
    breaks: /that no stored attempt gave it/,
  },
  {
    name: 'an engine that is away is taken for a lost worker',
    mutation: { provider: withHastyLoss },
    breaks: /its job runs on|did not vanish|has not vanished|it was launched/,
  },
  {
    name: 'a worker is made before its row is stored',
    mutation: { repositories: withLateRow },
    breaks: /has no row/,
  },
  {
    name: 'workers are recorded as gone and not destroyed',
    mutation: { provider: (provider) => ({ ...provider, destroyWorker: () => Promise.resolve() }) },
    breaks: /is left on the engine/,
  },
  {
    name: 'the reconciler destroys what other instances run',
    mutation: { context: withOwnWorkersOnly },
    breaks: /was destroyed while its row was/,
  },
  {
    name: 'what is in flight is counted now and then',
    mutation: { repositories: withOldCount },
    breaks: /is one of \d in flight/,
  },
  {
    name: 'a paused queue is only noticed by who submits',
    mutation: { repositories: withUnnoticedPause },
    breaks: /its queue is paused/,
  },
  {
    name: 'a paused queue is only noticed by who claims',
    mutation: { repositories: withUnnoticedPauseOfNew },
    breaks: /its queue is paused/,
  },
  {
    name: 'a job that is given back forgets that it is to be cancelled',
    mutation: { repositories: withForgottenCancellation },
    breaks: /has forgotten/,
  },
  {
    name: 'what is unreachable is taken for lost',
    mutation: { provider: withEmptyList, context: withoutGrace },
    breaks: /its job runs on|did not vanish|has not vanished|was never launched/,
  },
  {
    name: 'a former owner, stopped meanwhile, does not notice and goes on to destroy',
    mutation: { context: withoutOwnershipCheck },
    breaks: /was destroyed while its row was|did not vanish|bytes of std(out|err) are stored/,
  },
  {
    name: 'a pool counts its workers before it looks who else does',
    mutation: { repositories: withCarelessPool },
    breaks: /and may have/,
  },
  {
    name: 'waiting workers are taken for leftovers',
    mutation: { context: withoutKeeping },
    breaks: /of the pool wait|the pool lacks|of worker \S+ is still creating/,
  },
  {
    name: 'a pool is only looked at now and then',
    mutation: { context: withRareLooks },
    breaks: /lacks \d workers/,
  },
  {
    name: 'workers of a pool are started one after the other',
    mutation: { provider: withOneStartAtATime },
    breaks: /made for too long/,
  },
  {
    name: 'a worker that ran a job is given to another tenant',
    mutation: { context: withMixedTenants },
    breaks: /has served 2 tenants/,
  },
  {
    name: 'room is looked for before others have taken it',
    mutation: { repositories: withCarelessRoom },
    breaks: /workers in \d places|has promised/,
  },
  {
    name: 'images that only waiting jobs need are removed',
    mutation: { repositories: withImagesOfNobody },
    breaks: /was removed, and job/,
  },
  {
    name: 'room that is set aside for a job is given to others',
    mutation: { repositories: withForgottenRoom },
    breaks: /room that is kept/,
  },
];
