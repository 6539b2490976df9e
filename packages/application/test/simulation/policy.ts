import type { SecretSealer } from '@hodei/domain';

import { DEFAULT_JOB_POLICY, type JobPolicy } from '../../src/index.ts';

/** Shorter waits than an operator's, so that less time has to be simulated. */
export const POLICY: JobPolicy = {
  ...DEFAULT_JOB_POLICY,
  defaultImage: 'plain',
  gracePeriodMs: 1500,
  launchTimeoutMs: 5000,
  maxConcurrentJobs: 4,
};

/** All instances have the same key, and this is no encryption. */
export const SEALER: SecretSealer = {
  seal: (_, secrets) => new TextEncoder().encode(JSON.stringify(secrets)),
  open: (_, sealed) => JSON.parse(new TextDecoder().decode(sealed)) as Record<string, string>,
};
