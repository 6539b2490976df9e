/** The labels on everything we make. Nothing without our installation's label is ever touched. */
export const LABELS = {
  managed: 'hodei.managed',
  installation: 'hodei.installation',
  provider: 'hodei.provider',
  worker: 'hodei.worker',
  job: 'hodei.job',
  /** On workers that share a network namespace, and on what holds it, which has no worker label. */
  network: 'hodei.network',
  /** ISO 8601, UTC. */
  expiresAt: 'hodei.expires-at',
} as const;

/** Labels with this prefix are ours; a job may not set them. */
export const RESERVED_LABEL_PREFIX = 'hodei.';

/** A worker's name on its engine. Deterministic, so that creating it twice finds the first. */
export const workerName = (workerId: string): string => `hodei-${workerId}`;
