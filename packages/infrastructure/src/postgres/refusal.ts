import { HodeiError, type Epoch } from '@hodei/domain';

/**
 * Why a compare-and-set changed nothing: the row is read once more, only then. What is read may have moved on
 * meanwhile; what nothing explains any more is a conflict like any other.
 *
 * @param row what was read; nobody owns a row whose epoch is null.
 * @param moved says how the row differs from what the caller saw.
 */
export function refusal(
  subject: string,
  id: string,
  row: { readonly epoch: Epoch | null } | undefined,
  epoch: Epoch,
  moved: string,
): HodeiError {
  if (row === undefined) return notFound(subject, id);
  if (row.epoch !== null && row.epoch !== epoch) {
    return new HodeiError('stale_epoch', `${subject} ${id} is owned by epoch ${row.epoch}, not by ${epoch}`);
  }
  return new HodeiError('conflict', `${subject} ${id} ${moved}`);
}

export const notFound = (subject: string, id: string): HodeiError =>
  new HodeiError('not_found', `there is no ${subject} ${id}`);

/** @throws HodeiError `not_found` where there is no row. */
export function found<Row>(row: Row | undefined, subject: string, id: string): Row {
  if (row === undefined) throw notFound(subject, id);
  return row;
}
