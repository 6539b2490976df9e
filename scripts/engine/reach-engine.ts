import { homedir } from 'node:os';
import { type EngineEndpoint, parseEngineAddress } from './engine-address.ts';
import { listEngineCandidates } from './engine-candidates.ts';
import { callEngine } from './engine-request.ts';

const PING_TIMEOUT_MS = 5_000;

export interface ReachedEngine {
  readonly address: string;
  readonly endpoint: EngineEndpoint;
}

/** No engine answered; the message says what was tried and why each attempt failed. */
export class NoEngineError extends Error {
  /** DOCKER_HOST or the context in use names the engine, so that starting another would not help. */
  readonly named: boolean;

  constructor(named: boolean, failures: readonly string[]) {
    super(
      failures.length === 0
        ? 'no Docker Engine: no socket in any usual place'
        : `no Docker Engine (${failures.join('; ')})`,
    );
    this.name = 'NoEngineError';
    this.named = named;
  }
}

/** The first candidate that answers a ping. */
export const findEngine = async (env: NodeJS.ProcessEnv = process.env): Promise<ReachedEngine> => {
  const { named, addresses } = listEngineCandidates(env, homedir());
  const failures: string[] = [];
  for (const address of addresses) {
    try {
      const endpoint = parseEngineAddress(address, env);
      await callEngine(endpoint, '/_ping', { idleTimeoutMs: PING_TIMEOUT_MS });
      return { address, endpoint };
    } catch (error) {
      failures.push(`${address}: ${reasonOf(error)}`);
    }
  }
  throw new NoEngineError(named, failures);
};

/** An AggregateError, as of a host with several addresses, has a code and no message. */
const reasonOf = (error: unknown): string => {
  const { message, code } = error as { message?: string; code?: string };
  return message || code || String(error);
};
