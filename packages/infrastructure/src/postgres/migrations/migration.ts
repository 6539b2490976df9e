/** One step of the schema, forward only. Once released, a step is never changed; a new one follows it. */
export interface Migration {
  /** 1 for the first, and one more for each that follows. */
  readonly version: number;
  readonly name: string;
  readonly statements: readonly string[];
}
