import { parseArgs } from 'node:util';

export const CHAOS_LANES = ['instances', 'containers', 'database', 'engine'] as const;

export type ChaosLane = (typeof CHAOS_LANES)[number];

export interface ChaosOptions {
  /** Decides the jobs and the troubles: the same seed, the same of both (when things happen differs by what they meet). */
  readonly seed: number;
  readonly jobs: number;
  /** How long troubles go on, in seconds. Then they stop, and all jobs have to come to their end. */
  readonly seconds: number;
  /** Where troubles are made. */
  readonly lanes: readonly ChaosLane[];
  /** Whether containers go on while the daemon is away. */
  readonly liveRestore: boolean;
}

export const USAGE = `usage: pnpm chaos [--seed N] [--jobs N] [--seconds N] [--lanes L,...] [--no-live-restore]
  --seed N            decides jobs and troubles; random unless given
  --jobs N            how many jobs (200)
  --seconds N         how long troubles go on (90)
  --lanes L,...       make trouble only there: instances, containers, database, engine
  --no-live-restore   the daemon's containers end with it`;

/** @throws TypeError for what can't be understood. */
export const parseChaosOptions = (argv: readonly string[]): ChaosOptions => {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seed: { type: 'string' },
      jobs: { type: 'string', default: '200' },
      seconds: { type: 'string', default: '90' },
      lanes: { type: 'string', default: CHAOS_LANES.join(',') },
      'no-live-restore': { type: 'boolean', default: false },
    },
  });
  return {
    seed:
      values.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : whole(values.seed, '--seed', 0, 2 ** 32 - 1),
    jobs: whole(values.jobs, '--jobs', 1, 10_000),
    seconds: whole(values.seconds, '--seconds', 5, 3600),
    lanes: values.lanes.split(',').map(toLane),
    liveRestore: !values['no-live-restore'],
  };
};

const whole = (text: string, name: string, least: number, most: number): number => {
  const number = Number(text);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new TypeError(`${name} "${text}" must be a whole number from ${least} to ${most}\n${USAGE}`);
};

const toLane = (name: string): ChaosLane => {
  const lane = CHAOS_LANES.find((known) => known === name);
  if (lane !== undefined) return lane;
  throw new TypeError(`--lanes has "${name}", which is none of ${CHAOS_LANES.join(', ')}\n${USAGE}`);
};
