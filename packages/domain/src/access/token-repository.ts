import type { EpochMs } from '../clock.ts';
import type { Token } from './token.ts';

/** Tokens, with the hashes of their secrets. What changes goes into the history in the same transaction. */
export interface TokenRepository {
  /** @throws HodeiError `conflict` where the id exists. */
  insert(token: Token, secretHash: Uint8Array): Promise<Token>;

  /** Absent where there is none; one that is revoked or has expired is there. */
  find(id: string): Promise<{ readonly token: Token; readonly secretHash: Uint8Array } | undefined>;

  /** All, the oldest first. */
  list(): Promise<readonly Token[]>;

  /** From then on it is worth nothing. The first revocation stands. Idempotent. @throws HodeiError `not_found` */
  revoke(revocation: { readonly id: string; readonly at: EpochMs; readonly by: string }): Promise<Token>;

  /** Whether there ever was one: then nobody may do anything without. */
  hasAny(): Promise<boolean>;
}
