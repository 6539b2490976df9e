import type { EpochMs } from '../clock.ts';

/** What a health check found. `unknown`: the engine did not answer, which says nothing about its workers. */
export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy' | 'unknown';

/** The result of one health check. */
export interface ProviderHealth {
  readonly status: HealthStatus;
  /** Why it is not healthy; empty where it is. */
  readonly reasons: readonly string[];
  readonly checkedAt: EpochMs;
  /** How long the engine took to answer, in milliseconds. */
  readonly latencyMs?: number;
  /** What answered, for people, like `Docker Engine 28.5 at unix:///var/run/docker.sock`. */
  readonly engine?: string;
}
