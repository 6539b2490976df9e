import { hash, hkdfSync } from 'node:crypto';

import type { Idempotency } from '@hodei/application';
import { HodeiError, parseJobId, type JobId } from '@hodei/domain';

/**
 * Makes the id of a job from the idempotency key of its submission, so that the job's own row says whether there is
 * one: the same transaction, the same uniqueness, no second table. Keyed by the installation's sealing key, as the hash of
 * a request is one of its secrets too, and nobody shall try guesses against it.
 */
export function idempotencyBy(sealingKey: Uint8Array): (space: string, key: string, request: unknown) => Idempotency {
  const secret = Buffer.from(hkdfSync('sha256', sealingKey, '', 'hodei idempotency keys', 32)).toString('hex');
  // SHA-512/256 that begins with the key: half of its state is never told, so unlike SHA-256 nobody can go on from a digest, and
  // no HMAC is needed, which makes an object for each.
  const digest = (encoding: 'hex' | 'base64url', ...parts: readonly string[]): string =>
    hash('sha512-256', secret + JSON.stringify(parts), encoding);
  return (space, key, request) => {
    const time = timeOf(key);
    return {
      jobId: toJobId(time + digest('hex', 'job', space, key).slice(time.length)),
      requestHash: digest('base64url', 'request', canonical(request)),
    };
  };
}

/** Reads the header `Idempotency-Key`. @throws HodeiError `invalid_input` */
export function readIdempotencyKey(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && /^[\x21-\x7e]{1,255}$/.test(header)) return header;
  throw new HodeiError('invalid_input', 'the header Idempotency-Key must be 1 to 255 visible ASCII characters', {
    details: { field: 'Idempotency-Key' },
  });
}

/** A key that is a UUID of version 7 (RFC 9562, 5.7), as it is usually written. */
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * The first 48 bits of an id whose key begins with the time at which it was made: those. Ids of the same time stand
 * together in every index, where digests are strewn over all of it. The other bits are the digest's, so that this says
 * nothing of who else has the key.
 */
const timeOf = (key: string): string => (UUID_V7.test(key) ? key.slice(0, 8) + key.slice(9, 13) : '');

/** A UUID of version 8, which is for makers of their own (RFC 9562, 5.8): it is never one of version 7. */
function toJobId(hex: string): JobId {
  const variant = (parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80;
  return parseJobId(
    `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant.toString(16)}${hex.slice(18, 20)}-${hex.slice(20, 32)}`,
  );
}

/** The same text for the same JSON, in whatever order its fields stand. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(',')}}`;
}
