import type { ErrorCode } from '@hodei/domain';

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
