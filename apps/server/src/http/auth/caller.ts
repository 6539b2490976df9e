import type { TokenScope } from '@hodei/domain';

/** Who asks. */
export interface Caller {
  /** For the history. */
  readonly by: string;
  /** Whose idempotency keys these are: a tenant's, else a token's. */
  readonly keySpace: string;
  readonly scopes: readonly TokenScope[];
  /** Sees and touches only this tenant's jobs. */
  readonly tenant?: string;
}
