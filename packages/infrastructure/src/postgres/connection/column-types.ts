import { types } from 'pg';
import { HodeiError } from '@hodei/domain';

/** What `pg` calls by these names, as plain numbers. */
const BIGINT: number = types.builtins.INT8;
const TIMESTAMPTZ: number = types.builtins.TIMESTAMPTZ;

const readDate = types.getTypeParser(types.builtins.TIMESTAMPTZ) as (text: string) => Date;

/** How columns become values: `bigint` a number, `timestamptz` milliseconds; all else as `pg` does. */
export const COLUMN_TYPES = {
  getTypeParser(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
    if (format !== 'binary' && oid === BIGINT) return readBigint;
    if (format !== 'binary' && oid === TIMESTAMPTZ) return (text) => readDate(text).getTime();
    return types.getTypeParser(oid, format) as (text: string) => unknown;
  },
};

function readBigint(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new HodeiError('unknown_value', `${text} is larger than any number this version keeps`);
}
