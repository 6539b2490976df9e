import type { WorkerHealth } from '@hodei/domain';

/** A worker's health in words, with what is known of why. */
export function explainHealth(health: WorkerHealth, age: (since: number) => string): string {
  switch (health.status) {
    case 'healthy':
      return 'healthy';
    case 'unhealthy':
      return `unhealthy: ${health.reasons.join(', ')}`;
    case 'unreachable':
      return `unreachable: its engine does not answer, not seen for ${age(health.since)}`;
    case 'lost':
      return `lost: its engine does not have it, for ${age(health.since)}`;
    case 'unknown':
      return health.reason;
    default:
      return health satisfies never;
  }
}
