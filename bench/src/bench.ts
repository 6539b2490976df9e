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

/** Measures the rows of one name. */
export type Bench = (world: World, effort: Effort) => Promise<readonly Row[]>;
