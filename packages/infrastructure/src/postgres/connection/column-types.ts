import { types } from 'pg';
import { HodeiError } from '@hodei/domain';

const readDate = types.getTypeParser(types.builtins.TIMESTAMPTZ) as (text: string) => Date;

/** How columns become values: `bigint` a number, `timestamptz` milliseconds; all else as `pg` does. */
export const COLUMN_TYPES = {
  getTypeParser(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
    if (format !== 'binary' && oid === types.builtins.INT8) return readBigint;
    if (format !== 'binary' && oid === types.builtins.TIMESTAMPTZ) return (text) => readDate(text).getTime();
    return types.getTypeParser(oid, format) as (text: string) => unknown;
  },
};

function readBigint(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new HodeiError('unknown_value', `${text} is larger than any number this version keeps`);
}
