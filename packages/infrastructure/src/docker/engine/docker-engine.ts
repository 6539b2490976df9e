import { HodeiError } from '@hodei/domain';
import type Docker from 'dockerode';

import type { DockerConnection } from '../connection/connect-docker.ts';
import type { DockerCall } from './docker-call.ts';
import { EngineLives } from './engine-lives.ts';
import { translateDockerError } from './translate-docker-error.ts';

/** Bounds of one call. */
export interface EngineCallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Instead of the engine's own {@link DockerEngine.callTimeoutMs}; `Infinity` for none. */
  readonly timeoutMs?: number;
}

/** An engine and the one way to call it: with a deadline, a signal, and its errors translated. */
export class DockerEngine {
  readonly docker: Docker;
  /** See {@link DockerConnection.anew}. */
  readonly anew: Docker;
  /** For messages: where it is and how it was found. */
  readonly description: string;
  readonly callTimeoutMs: number;
  /** True where its files may be on this machine. */
  readonly local: boolean;
  readonly lives = new EngineLives();

  constructor(connection: DockerConnection, callTimeoutMs: number) {
    this.docker = connection.docker;
    this.anew = connection.anew;
    this.description = connection.description;
    this.callTimeoutMs = callTimeoutMs;
    this.local = connection.endpoint.kind === 'socket';
  }

  /**
   * Runs one call.
   *
   * @param run gets a signal to hand to dockerode as `abortSignal`, which ends the request. It holds until
   * `run` has resolved: whoever got a stream destroys it himself. Some calls of dockerode (the inspection of
   * an image) have no such option; they are given up all the same.
   * @throws HodeiError `provider_timeout` after the deadline, which says nothing about whether the engine did
   * what it was asked; else as translated. Rejects with the reason of the caller's signal where that aborts.
   */
  async call<T>(
    call: DockerCall,
    run: (docker: Docker, abortSignal: AbortSignal) => Promise<T>,
    options: EngineCallOptions = {},
  ): Promise<T> {
    const { signal, timeoutMs = this.callTimeoutMs } = options;
    signal?.throwIfAborted();
    const given = new AbortController();
    const givenUp = Promise.withResolvers<never>();
    const giveUp = (reason: unknown): void => {
      givenUp.reject(reason);
      given.abort(reason);
    };
    const onAbort = (): void => giveUp(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    const timer = Number.isFinite(timeoutMs)
      ? setTimeout(() => giveUp(this.#timeout(call, timeoutMs)), timeoutMs)
      : undefined;
    try {
      const result = await Promise.race([run(this.docker, given.signal), givenUp.promise]);
      this.lives.answered();
      return result;
    } catch (error) {
      if (given.signal.aborted) throw given.signal.reason;
      const translated = this.translate(error, call);
      if (translated.code === 'provider_unavailable') this.lives.doubt();
      throw translated;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** For what is thrown outside of {@link call}, like by a stream. */
  translate(error: unknown, call: DockerCall): HodeiError {
    return translateDockerError(error, call, this.description);
  }

  #timeout({ doing }: DockerCall, timeoutMs: number): HodeiError {
    return new HodeiError(
      'provider_timeout',
      `the Docker Engine at ${this.description} did not answer within ${timeoutMs} ms while ${doing}`,
      {
        details: { endpoint: this.description, timeoutMs },
      },
    );
  }
}
