import { inspect } from 'node:util';

import { toHodeiError } from '@hodei/domain';

import { oneLine } from './width.ts';

/**
 * What a person is told about an error: one line with what was wrong, what would be right, and its code. Never a
 * stack trace, unless they asked for causes.
 */
export function describeError(thrown: unknown, options: { readonly withCauses?: boolean } = {}): string {
  const error = toHodeiError(thrown);
  const words = oneLine(error.message);
  const defect = error.code === 'internal' ? '; this should not happen: HODEI_LOG_LEVEL=debug shows more' : '';
  const lines = [`hodei: ${words} (${error.code})${defect}`];
  if (options.withCauses) lines.push(inspect(thrown, { depth: 4 }));
  return `${lines.join('\n')}\n`;
}
