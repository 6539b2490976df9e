import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';

import { HodeiError, type JobId, type SecretSealer } from '@hodei/domain';

import { SEALING_KEY_BYTES } from './sealing-key.ts';

const ALGORITHM = 'aes-256-gcm';
/** A box is: this byte, the nonce, the tag, the ciphertext of the secrets as JSON. */
const BOX_VERSION = 1;
/** NIST SP 800-38D: 96 bits is the length for random nonces, 128 that of a full tag. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

/** Seals secrets with AES-256-GCM. The job's id is authenticated with them, so a box opens for its own job only. */
export class AesSecretSealer implements SecretSealer {
  readonly #key: KeyObject;

  /**
   * @param key 32 bytes, the same in all instances of an installation; see {@link loadOrCreateSealingKey}.
   * @throws HodeiError `config_invalid` for a key of another length.
   */
  constructor(key: Uint8Array) {
    if (key.length !== SEALING_KEY_BYTES) {
      throw new HodeiError(
        'config_invalid',
        `the sealing key has ${key.length} bytes; it must have ${SEALING_KEY_BYTES}`,
      );
    }
    this.#key = createSecretKey(key);
  }

  seal(jobId: JobId, secrets: Readonly<Record<string, string>>): Uint8Array {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce, { authTagLength: TAG_BYTES }).setAAD(boundTo(jobId));
    const ciphertext = Buffer.concat([cipher.update(JSON.stringify(secrets), 'utf8'), cipher.final()]);
    return new Uint8Array(Buffer.concat([Uint8Array.of(BOX_VERSION), nonce, cipher.getAuthTag(), ciphertext]));
  }

  open(jobId: JobId, sealed: Uint8Array): Readonly<Record<string, string>> {
    if (sealed.length < HEADER_BYTES || sealed[0] !== BOX_VERSION) {
      throw unopenable(jobId, 'they are not in a form that this version knows');
    }
    const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
    const tag = sealed.subarray(1 + NONCE_BYTES, HEADER_BYTES);
    const decipher = createDecipheriv(ALGORITHM, this.#key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(boundTo(jobId))
      .setAuthTag(tag);
    try {
      const plaintext = Buffer.concat([decipher.update(sealed.subarray(HEADER_BYTES)), decipher.final()]);
      return JSON.parse(plaintext.toString('utf8')) as Readonly<Record<string, string>>;
    } catch (cause) {
      throw unopenable(jobId, 'they were sealed with another key, or altered', cause);
    }
  }
}

function boundTo(jobId: JobId): Uint8Array {
  return Buffer.from(`hodei secrets ${BOX_VERSION} ${jobId}`, 'utf8');
}

function unopenable(jobId: JobId, why: string, cause?: unknown): HodeiError {
  const message =
    `the secrets of job ${jobId} can't be opened: ${why}. ` +
    'Give this process the sealing key that all other instances of the installation have, or submit the job again';
  return new HodeiError('config_invalid', message, { cause, details: { jobId } });
}
