import type { IdGenerator } from '@hodei/domain';

const TEXT = /^hodei_([0-9a-f]{32})_([0-9a-f]{64})$/;

/** What a token's text says. */
export interface TokenParts {
  readonly id: string;
  readonly secret: string;
}

/** A new id and a secret of 256 random bits. */
export const newTokenParts = (ids: IdGenerator): TokenParts => ({
  id: ids.uuid().replaceAll('-', ''),
  secret: ids.nonce() + ids.nonce(),
});

export const tokenText = ({ id, secret }: TokenParts): string => `hodei_${id}_${secret}`;

/** Absent for a text that is no token. */
export function parseTokenText(text: string): TokenParts | undefined {
  const [, id, secret] = TEXT.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/**
 * What is stored of a secret. A fast hash is right here: slow ones protect what people make up, and nobody guesses
 * 256 random bits (NIST SP 800-63B, 5.1.2.2, of look-up secrets).
 */
export const hashSecret = async (secret: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret)));

/** Compares in a time that does not depend on where they differ. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (const [index, byte] of a.entries()) difference |= byte ^ (b[index] ?? 0);
  return difference === 0;
}
