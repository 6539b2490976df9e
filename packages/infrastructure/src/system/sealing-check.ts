import { hkdfSync } from 'node:crypto';

/** By this a sealing key is told from another one; nothing of the key follows from it. */
export const sealingCheck = (key: Uint8Array): string =>
  Buffer.from(hkdfSync('sha256', key, '', 'hodei sealing key check', 16)).toString('base64url');
