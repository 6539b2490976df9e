import type { PageStart } from '@hodei/domain';

/** The newest rows after a place in the listing: by creation, then by id. */
export function newestFirst<Row extends PageStart>(
  rows: readonly Row[],
  after: PageStart | undefined,
  count: number,
): readonly Row[] {
  const order = (a: PageStart, b: PageStart): number =>
    b.createdAt - a.createdAt || (a.id > b.id ? -1 : Number(a.id !== b.id));
  return rows
    .filter((row) => after === undefined || order(after, row) < 0)
    .toSorted(order)
    .slice(0, count);
}
