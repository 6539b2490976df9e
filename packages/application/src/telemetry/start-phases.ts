import type { EpochMs, Job, PhaseTimes } from '@hodei/domain';

/**
 * The parts of a start, in their order:
 * `queue`, from the moment the job might have begun to its claim; `claim`, until a provider is chosen and the attempt
 * is stored (or it is placed on a waiting worker); `pull`, until its image is there; `turn`, until its provider may start
 * one more worker; `create`, until the engine has made it; `start`, until it waits for its order; `record`, until that is stored; `launch`, from the order to
 * the worker's answer; `first_byte`, from there to the first output.
 */
export const START_PHASES = [
  'queue',
  'claim',
  'pull',
  'turn',
  'create',
  'start',
  'record',
  'launch',
  'first_byte',
] as const;

/** See {@link START_PHASES}. */
export type StartPhase = (typeof START_PHASES)[number];

/** From when to when a part of a start went. */
export interface PhaseSpan {
  readonly phase: StartPhase;
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** What is measured of a start beside the phases that are stored; what is not known is absent. */
export interface StartMoments {
  /** The attempt is stored. */
  begun?: EpochMs;
  /** The engine is asked for the worker. */
  creating?: EpochMs;
  /** The engine has made the worker and starts it. */
  starting?: EpochMs;
}

/** When the job might have begun: at its submission, or when its time had come. */
const dueAt = ({ createdAt, notBefore, spec }: Job, attemptNumber: number): EpochMs =>
  attemptNumber === 1 ? Math.max(createdAt, spec.notBefore ?? 0) : Math.max(createdAt, notBefore);

/**
 * The parts of a start that are over. Those of which a bound is not known are left out, and none is negative: clocks
 * of different machines do not agree to the millisecond.
 * @param job as it was when the attempt began.
 */
export function startPhases(
  job: Job | undefined,
  attemptNumber: number,
  phases: PhaseTimes,
  { begun, creating, starting }: StartMoments = {},
): readonly PhaseSpan[] {
  const { claimed, imageReady, workerReady, ordered, launched, firstByte } = phases;
  // A worker of a pool was ready before: between the claim and the order there is the placement, and nothing else.
  const isPlaced = begun === undefined && claimed !== undefined && workerReady === claimed;
  const cold: readonly Bounds[] = [
    ['claim', claimed, begun],
    ['pull', begun ?? claimed, imageReady],
    ['turn', imageReady, creating],
    ['create', creating ?? imageReady, starting ?? workerReady],
    ['start', starting, workerReady],
    ['record', workerReady, ordered],
  ];
  const bounds: readonly Bounds[] = [
    ['queue', job && dueAt(job, attemptNumber), claimed],
    ...(isPlaced ? ([['claim', claimed, ordered]] as const) : cold),
    ['launch', ordered, launched],
    ['first_byte', launched, firstByte],
  ];
  return bounds.flatMap(([phase, from, to]) =>
    from === undefined || to === undefined ? [] : [{ phase, from: Math.min(from, to), to }],
  );
}

type Bounds = readonly [StartPhase, EpochMs | undefined, EpochMs | undefined];
