/** One step of the schema, forward only. Once released, a step is never changed; a new one follows it. */
export interface Migration {
  /** 1 for the first, and higher for each that follows; a number may be left out. */
  readonly version: number;
  readonly name: string;
  readonly statements: readonly string[];
}
