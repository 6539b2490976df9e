import { HodeiError } from '@hodei/domain';

/** AES-256 takes a key of this length. */
export const SEALING_KEY_BYTES = 32;

const HEX = /^[0-9a-f]{64}$/i;
/** 32 bytes are 43 characters of base64, with or without the padding, in either alphabet (RFC 4648). */
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;

/**
 * Reads a sealing key from text, as an environment variable or a file holds it. White space around it is ignored.
 *
 * @param source what the text is from, like `HODEI_SEALING_KEY`, for the message.
 * @throws HodeiError `config_invalid` unless it is 32 bytes in hex or base64. The text is not in the message.
 */
export function parseSealingKey(text: string, source: string): Uint8Array {
  const key = text.trim();
  if (HEX.test(key)) return new Uint8Array(Buffer.from(key, 'hex'));
  if (BASE64.test(key)) return new Uint8Array(Buffer.from(key, 'base64'));
  const right = 'it must be 32 random bytes as 64 hex digits or as base64, as "openssl rand -base64 32" makes them';
  throw new HodeiError('config_invalid', `${source} holds no sealing key (${key.length} characters); ${right}`);
}

/** The text that {@link parseSealingKey} reads. */
export function formatSealingKey(key: Uint8Array): string {
  return Buffer.from(key).toString('base64');
}
