/**
 * A new key, for one submission: a UUID of version 7 (RFC 9562, 5.7). It begins with the time, so that the server's ids of
 * jobs that are submitted together stand together in its indexes.
 *
 * @param now in milliseconds since 1970.
 */
export function newIdempotencyKey(now: number = Date.now()): string {
  const time = now.toString(16).padStart(12, '0');
  // What follows the version of a random one.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${crypto.randomUUID().slice(15)}`;
}
