import type { PoolInput } from '@hodei/domain';

import type { Random } from './random.ts';

/** How much goes wrong in one run. Each seed has a weather of its own: few runs have everything at once. */
export interface Weather {
  /** How long things go wrong, in milliseconds. */
  readonly stormMs: number;
  /** Whether nothing happens to instances, the store, the engine, and calls to them. */
  readonly isFair: boolean;
  /** Whether jobs ask for memory, and some for most of what an engine has. */
  readonly isCrowded: boolean;
  readonly jobs: number;
  readonly providers: number;
  /** By how much the clocks of instances that were started one after the other differ, in milliseconds. */
  readonly skewMs: number;
  /** Whether an engine that goes down ends what runs on it. */
  readonly endsWorkers: boolean;
  /** Whether a call to an engine that fails says nothing of why, as an answer 500 does. */
  readonly isOdd: boolean;
  /** A pool for the image of most jobs, where there is one. */
  readonly pool: Pick<PoolInput, 'minIdle' | 'maxWorkers' | 'maxJobsPerWorker'> | undefined;
  /** How many things happen to the world from outside, beside what happens to calls. */
  readonly blows: number;
  /** Whether no instance that runs outlives the storm; otherwise all of them do. */
  readonly stormTakesAll: boolean;
  /** How long a worker takes to start, in milliseconds. */
  readonly startMs: number;
  readonly latencyMs: number;
  /** Chances, from 0 to 1, for each call. */
  readonly crash: number;
  readonly lose: number;
  readonly slow: number;
  /** Chances for each event on its way. */
  readonly dropEvent: number;
  readonly delayEvent: number;
  readonly duplicateEvent: number;
  /** The chance that an open connection breaks, for each piece of output. */
  readonly breakOutput: number;
  /** How much is kept of a job's output. */
  readonly maxOutputBytes: number;
}

/** One run in so many has fair weather: what a pool promises can't be seen where something is always in the way. */
const FAIR_ONE_IN = 8;

/** In one run in so many there is less room than the jobs ask for. */
const CROWDED_ONE_IN = 8;

/** In one run in so many the engine has no live-restore. */
const ENDING_ONE_IN = 8;

/** In one run in so many the engine fails in a way that nobody knows. */
const ODD_ONE_IN = 8;
const ODD_LOSE = 0.1;

/** In one run in so many each instance has a clock of its own. */
const SKEWED_ONE_IN = 8;
const SKEW_MS = 2500;

export function drawWeather(random: Random): Weather {
  const weather = drawStorm(random);
  if (weather.stormMs % CROWDED_ONE_IN === 1) return { ...weather, isCrowded: true, jobs: 14 };
  if (weather.stormMs % SKEWED_ONE_IN === 3) return { ...weather, skewMs: SKEW_MS };
  if (weather.stormMs % ENDING_ONE_IN === 5) return { ...weather, endsWorkers: true };
  if (weather.stormMs % ODD_ONE_IN === 7) return { ...weather, isOdd: true, lose: ODD_LOSE };
  // By what is drawn anyway: so the other runs stay as they are.
  if (weather.stormMs % FAIR_ONE_IN !== 0) return weather;
  return { ...weather, ...FAIR, pool: { ...(weather.pool ?? drawPool(random)), maxWorkers: FAIR_PLACES } };
}

/** So many workers there may be in fair weather: enough, so that none is missing for want of room. */
export const FAIR_PLACES = 12;

/** Only workers are struck and ended, and jobs cancelled. */
const FAIR = {
  isFair: true,
  jobs: 12,
  stormTakesAll: false,
  crash: 0,
  lose: 0,
  slow: 0,
  dropEvent: 0,
  delayEvent: 0,
  duplicateEvent: 0,
  breakOutput: 0,
} as const;

function drawStorm(random: Random): Weather {
  const sometimes = (chance: number, most: number): number => (random.chance(chance) ? random.next() * most : 0);
  return {
    stormMs: random.int(5000, 14_000),
    isFair: false,
    isCrowded: false,
    skewMs: 0,
    endsWorkers: false,
    isOdd: false,
    jobs: random.int(2, 7),
    providers: random.chance(0.3) ? 2 : 1,
    pool: random.chance(0.5) ? drawPool(random) : undefined,
    blows: random.int(1, 12),
    stormTakesAll: random.chance(0.5),
    startMs: random.chance(0.5) ? random.int(0, 50) : random.int(50, 1500),
    latencyMs: random.pick([0, 2, 2, 10]),
    crash: sometimes(0.6, 0.02),
    lose: sometimes(0.5, 0.06),
    slow: sometimes(0.5, 0.05),
    dropEvent: sometimes(0.4, 0.5),
    delayEvent: sometimes(0.4, 0.3),
    duplicateEvent: sometimes(0.3, 0.3),
    breakOutput: sometimes(0.3, 0.1),
    maxOutputBytes: random.chance(0.2) ? random.int(0, 60) : 1024 ** 3,
  };
}

function drawPool(random: Random): NonNullable<Weather['pool']> {
  const minIdle = random.int(1, 3);
  return { minIdle, maxWorkers: minIdle + random.int(0, 2), maxJobsPerWorker: random.pick([1, 1, 3]) };
}

/** What becomes of one call to the store or to an engine. */
export interface Fate {
  /** On its way there, and its answer on its way back, in milliseconds. */
  readonly requestMs: number;
  readonly answerMs: number;
  readonly isSlow?: boolean;
  /** The caller dies before the effect, or after it and before the answer. */
  readonly crash?: 'before' | 'after';
  /** The call never arrives, or its answer doesn't; the caller is told that the other side is away. */
  readonly lose?: 'request' | 'answer';
  /** Where the caller is stopped or dies meanwhile: whether the call had left it already. */
  readonly hasLeft: boolean;
  /** Where the caller gives up: whether the effect takes place all the same. */
  readonly staysGoing: boolean;
}

const CALM: Fate = { requestMs: 0, answerMs: 0, hasLeft: true, staysGoing: false };

/** Whether the call does not take its usual way, in its usual time. */
export const isTrouble = ({ crash, lose, isSlow }: Fate): boolean =>
  crash !== undefined || lose !== undefined || isSlow === true;

export function drawFate(random: Random, weather: Weather, stormy: boolean): Fate {
  const requestMs = weather.latencyMs === 0 ? 0 : random.int(0, weather.latencyMs);
  if (!stormy) return { ...CALM, requestMs };
  const trouble = random.next();
  const hasLeft = random.chance(0.5);
  const fate = { requestMs, answerMs: 0, hasLeft, staysGoing: random.chance(0.3) };
  if (trouble < weather.crash) return { ...fate, crash: random.pick(['before', 'after']) };
  if (trouble < weather.crash + weather.lose) return { ...fate, lose: random.pick(['request', 'answer']) };
  if (trouble < weather.crash + weather.lose + weather.slow) {
    const delay = (): number => random.int(0, random.pick([20, 300, 300, 2000, 7000]));
    return { ...fate, isSlow: true, requestMs: delay(), answerMs: random.chance(0.5) ? delay() : 0 };
  }
  return fate;
}
