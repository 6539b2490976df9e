import type { Database } from '../connection/database.ts';
import { Coalescer } from './coalescer.ts';

/** One kind of call as a statement that carries out many of them. */
export interface BatchStatement<Item, Row extends object, Result> {
  /** Of the text: no two texts may have the same. */
  readonly name: string;
  /**
   * Takes one parameter, a JSON array of what {@link BatchStatement.toJson} gives, each with its `place`. It returns
   * a row with the `place` for each call that was carried out, and none for one that was refused.
   */
  readonly text: string;
  keyOf(item: Item): string;
  toJson(item: Item): object;
  toResult(row: Row): Result;
}

/** The text of a prepared statement that begins with its parameter as the CTE `given`. */
export const givenAs = (columns: string): string => `json_to_recordset($1::json) AS g (place integer, ${columns})`;

/** JSON within the parameter, as a text of its own: it may hold a NUL, which Postgres only takes where it need not look. */
export const asText = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));

/** Calls that are carried out together; the result is absent where one was refused. */
export class Batch<Item, Result> {
  readonly #coalescer: Coalescer<Item, Result | undefined>;

  constructor(database: Database, statement: BatchStatement<Item, object, Result>) {
    this.#coalescer = new Coalescer<Item, Result | undefined>({
      keyOf: (item) => statement.keyOf(item),
      run: async (items) => {
        const given = JSON.stringify(items.map((item, place) => ({ place, ...statement.toJson(item) })));
        const rows = await database.runPrepared<{ readonly place: number }>(statement.name, statement.text, [given]);
        const results = Array.from<Result | undefined>({ length: items.length });
        for (const row of rows) results[row.place] = statement.toResult(row);
        return results;
      },
    });
  }

  /** @returns nothing where the compare-and-set was refused. */
  call(item: Item): Promise<Result | undefined> {
    return this.#coalescer.call(item);
  }
}
