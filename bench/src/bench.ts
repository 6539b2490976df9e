import type { Row } from './measure/row.ts';
import type { World } from './world/world.ts';

/** How thoroughly to measure. */
export interface Effort {
  /** Only whether each row yields numbers; they judge nothing. */
  readonly quick: boolean;
  /** The first where there is time, the second where not. */
  of(full: number, quick: number): number;
}

export const effortOf = (quick: boolean): Effort => ({ quick, of: (full, short) => (quick ? short : full) });

/** Measures some rows. */
export type Bench = (world: World, effort: Effort) => Promise<readonly Row[]>;

/** What is measured in a process of its own, so that neither its failure nor its end costs another its rows. */
export interface Part {
  /** Starts with the name that the benchmark is asked for by. */
  readonly name: string;
  /** In seconds; then it has failed. */
  readonly deadline: number;
  readonly measure: Bench;
}

/** A part without rows, and why. */
export interface Failure {
  readonly name: string;
  readonly why: string;
}
