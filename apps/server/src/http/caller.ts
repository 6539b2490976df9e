/** What a token may do. `operate` and `submit` include `read`; `admin` includes all. */
export const SCOPES = ['read', 'submit', 'operate', 'admin'] as const;

/** See {@link SCOPES}. */
export type Scope = (typeof SCOPES)[number];

/** Who asks. */
export interface Caller {
  /** For the history. */
  readonly by: string;
  /** Apart from all others: what an idempotency key belongs to. */
  readonly key: string;
  readonly scopes: readonly Scope[];
  /** Sees and touches only this tenant's jobs. */
  readonly tenant?: string;
}
