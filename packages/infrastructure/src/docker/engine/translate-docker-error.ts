import { HodeiError, isHodeiError } from '@hodei/domain';

import { connectionError } from '../connection/connection-error.ts';
import type { DockerCall } from './docker-call.ts';
import { meaningOf, type EngineCondition } from './engine-answer-rules.ts';
import { readEngineAnswer } from './engine-answer.ts';

/**
 * The one place where what dockerode throws becomes a {@link HodeiError}, with the original as its cause. An
 * answer that no rule covers keeps the engine's words; it is never taken for "not found".
 *
 * @param where the description of the endpoint.
 */
export function translateDockerError(error: unknown, call: DockerCall, where: string): HodeiError {
  if (isHodeiError(error)) return error;
  const answer = readEngineAnswer(error);
  if (answer === undefined) {
    const words = error instanceof Error ? error.message : String(error);
    return (
      connectionError(error, where) ?? new HodeiError('internal', `${call.doing} failed: ${words}`, { cause: error })
    );
  }
  const details = { status: answer.status, engineMessage: answer.words.slice(0, 2000) };
  const meaning = meaningOf(answer, call);
  if (meaning === undefined) {
    return new HodeiError(
      call.otherwise ?? 'internal',
      `the Docker Engine failed while ${call.doing}: ${answer.words} (HTTP ${answer.status})`,
      { cause: error, details },
    );
  }
  const condition = meaning.condition === undefined ? {} : { condition: meaning.condition };
  return new HodeiError(meaning.code, meaning.message, { cause: error, details: { ...details, ...condition } });
}

/** Which situation an error tells of, for a caller that decides on it; see {@link EngineCondition}. */
export function conditionOf(error: unknown): EngineCondition | undefined {
  return isHodeiError(error) ? (error.details['condition'] as EngineCondition | undefined) : undefined;
}
