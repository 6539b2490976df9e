import { HodeiError, isHodeiError } from '@hodei/domain';

import type { DockerEngine } from '../engine/docker-engine.ts';
import type { ImageReference } from './image-reference.ts';
import { pullFailure, type PullContext } from './pull-failure.ts';
import { PullProgress, readPullLine } from './pull-progress.ts';
import { openJsonStream } from '../engine/stream-json.ts';

/** One pull. */
export interface PullRequest {
  readonly reference: ImageReference;
  readonly context: PullContext;
  /** The content of the header `X-Registry-Auth`. */
  readonly authConfig?: Readonly<Record<string, string>> | undefined;
  readonly stallTimeoutMs: number;
}

/**
 * Pulls an image, and watches that it gets on.
 *
 * @param report is told of each step forward, like `12.3 of 45.6 MB`.
 * @throws HodeiError `image_not_found`, `image_pull_denied`, `image_pull_failed`, `invalid_input`;
 * `image_pull_timeout` after `stallTimeoutMs` without progress. Rejects with the signal's reason.
 */
export async function pullImage(
  engine: DockerEngine,
  request: PullRequest,
  signal: AbortSignal,
  report: (detail: string) => void,
): Promise<void> {
  const { reference, context, authConfig, stallTimeoutMs } = request;
  const { image, architecture } = context;
  const stall = new AbortController();
  const onStall = (): void =>
    stall.abort(
      new HodeiError(
        'image_pull_timeout',
        `the pull of ${image} made no progress for ${stallTimeoutMs} ms and was given up; check the way to ${context.registry}`,
        {
          details: { image, registry: context.registry, stallTimeoutMs },
        },
      ),
    );
  const timer = setTimeout(onStall, stallTimeoutMs);
  const progress = new PullProgress();
  const call = { doing: `pulling ${image}`, subject: image };
  const options = {
    fromImage: reference.name,
    tag: reference.tag,
    ...(architecture === undefined ? {} : { platform: `linux/${architecture}` }),
  };
  try {
    const lines = await openJsonStream(
      engine,
      call,
      (docker, abortSignal) => docker.createImage(authConfig, { ...options, abortSignal }),
      // An engine answers a pull only once the registry has answered it.
      { signal: AbortSignal.any([signal, stall.signal]), timeoutMs: Infinity },
    );
    for await (const value of lines) {
      const line = readPullLine(value);
      if (line.error !== '') throw pullFailure(line.error, context, undefined);
      if (!progress.take(line)) continue;
      timer.refresh();
      report(progress.detail);
    }
  } catch (error) {
    throw refine(error, context);
  } finally {
    clearTimeout(timer);
  }
}

/** An answer with a status of failure, before the stream began, has the same words as one within it. */
function refine(error: unknown, context: PullContext): unknown {
  if (!isHodeiError(error)) return error;
  const words = error.details['engineMessage'];
  const answered = typeof words === 'string' && typeof error.details['status'] === 'number';
  return answered && error.code !== 'authentication_failed' ? pullFailure(words, context, error.cause) : error;
}
