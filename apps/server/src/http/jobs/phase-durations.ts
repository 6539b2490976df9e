import { PHASES, type Phase, type PhaseTimes } from '@hodei/domain';

/** How long one part of an attempt took. */
export interface PhaseDuration {
  readonly name: string;
  readonly durationMs: number;
}

/** What goes on until a phase is reached. */
const UNTIL: Readonly<Record<Phase, string>> = {
  claimed: 'wait',
  imageReady: 'image',
  workerReady: 'worker',
  ordered: 'record',
  launched: 'launch',
  firstByte: 'firstByte',
  exited: 'run',
  ended: 'finish',
};

/**
 * The parts of an attempt in their order, each from the phase before to its own. Those not reached are left out.
 * `run` includes the time to the first byte of output, which is told apart beside it.
 */
export function phaseDurations(phases: PhaseTimes): readonly PhaseDuration[] {
  const durations: PhaseDuration[] = [];
  let before: number | undefined;
  for (const phase of PHASES) {
    const at = phases[phase];
    if (at === undefined) continue;
    if (before !== undefined) durations.push({ name: UNTIL[phase], durationMs: at - before });
    // A job runs from its launch on, whether it writes or not.
    if (phase !== 'firstByte') before = at;
  }
  return durations;
}
