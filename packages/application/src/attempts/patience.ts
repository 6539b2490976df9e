import { isHodeiError } from '@hodei/domain';

import { isEngineAway } from '../registry/error-verdicts.ts';

/** So many answers in a row that no rule covers are taken for a passing trouble of the engine's. */
const MOST_ODD_ANSWERS = 8;

/**
 * Says of each error whether the same question is worth asking again: as often as it takes while the engine is away;
 * some times after an answer that says nothing about the worker, like a 500. A job that runs is not given up for those.
 */
export function createPatience(): (error: unknown) => boolean {
  let odd = 0;
  return (error) => {
    if (isEngineAway(error)) return true;
    if (!isHodeiError(error, 'internal', 'conflict')) return false;
    odd += 1;
    return odd <= MOST_ODD_ANSWERS;
  };
}
