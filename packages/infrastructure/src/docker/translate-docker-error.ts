import { HodeiError, isHodeiError, type ErrorCode } from '@hodei/domain';

import { connectionError } from './connection-error.ts';
import { meaningOf, type EngineCondition } from './engine-answer-rules.ts';
import { readEngineAnswer } from './engine-answer.ts';

/** What is being asked of the engine, for the error's code and words. */
export interface DockerCall {
  /** As in "while ...": `creating worker x`. */
  readonly doing: string;
  /** What it is about, for the message: `worker x`, or the name of an image. */
  readonly subject?: string;
  /** The network it joins, where it joins one. */
  readonly network?: string;
  /** What the container runs first: our launcher, or (direct mode) the job itself. */
  readonly firstProcess?: 'launcher' | 'job';
  /** The code for an answer that no rule covers: `internal` unless said otherwise. */
  readonly otherwise?: ErrorCode;
}

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
