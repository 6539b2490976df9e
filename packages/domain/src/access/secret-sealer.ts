import type { JobId } from '../ids.ts';

/**
 * Encrypts secrets between the moment a job is submitted and the moment its launch order is built. The key
 * never comes near the database, so what a row holds is no secret.
 */
export interface SecretSealer {
  /** @param jobId binds the box to its job: it can't be opened for another. */
  seal(jobId: JobId, secrets: Readonly<Record<string, string>>): Uint8Array;
  /** @throws HodeiError `config_invalid` where the key is not the one it was sealed with, or the box was altered. */
  open(jobId: JobId, sealed: Uint8Array): Readonly<Record<string, string>>;
}
