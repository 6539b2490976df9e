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
  /** Two calls with one key never share a statement. */
  keyOf(item: Item): string;
  /** Given where the rows have no `place`: the key of the call that a row answers. */
  rowKey?(row: Row): string;
  toJson(item: Item): object;
  /** @param item the call that the row answers: what the caller gave need not be sent back. */
  toResult(row: Row, item: Item): Result;
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
      turn: () => database.turns.take(),
      keyOf: (item) => statement.keyOf(item),
      run: async (items) => {
        const given = JSON.stringify(items.map((item, place) => ({ place, ...statement.toJson(item) })));
        const rows = await database.runPrepared<object>(statement.name, statement.text, [given]);
        const placeOf = statement.rowKey === undefined ? placeIn : placeByKey(statement, items);
        const results = Array.from<Result | undefined>({ length: items.length });
        for (const row of rows) {
          const place = placeOf(row);
          const item = items[place];
          if (item !== undefined) results[place] = statement.toResult(row, item);
        }
        return results;
      },
    });
  }

  /** @returns nothing where the compare-and-set was refused. */
  call(item: Item): Promise<Result | undefined> {
    return this.#coalescer.call(item);
  }
}

const placeIn = (row: object): number => Number((row as { readonly place?: unknown }).place);

function placeByKey<Item, Result>(
  statement: BatchStatement<Item, object, Result>,
  items: readonly Item[],
): (row: object) => number {
  const places = new Map(items.map((item, place) => [statement.keyOf(item), place]));
  return (row) => places.get(statement.rowKey?.(row) ?? '') ?? -1;
}
