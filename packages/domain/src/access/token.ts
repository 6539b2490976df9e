import type { EpochMs } from '../clock.ts';
import { HodeiError } from '../errors.ts';

/** What a token allows. `submit` and `operate` include `read`; `admin` includes all. */
export const TOKEN_SCOPES = ['read', 'submit', 'operate', 'admin'] as const;

/** See {@link TOKEN_SCOPES}. */
export type TokenScope = (typeof TOKEN_SCOPES)[number];

/** Lets whoever holds its secret do what its scopes allow. The secret itself is kept nowhere. */
export interface Token {
  /** 32 hex digits; a part of the token's text. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  /** It sees and touches only the jobs of this tenant. */
  readonly tenant?: string;
  readonly createdAt: EpochMs;
  readonly createdBy: string;
  /** From then on it is worth nothing. */
  readonly expiresAt?: EpochMs;
  readonly revokedAt?: EpochMs;
}

/** What an operator gives to make a token. */
export interface TokenInput {
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  readonly tenant?: string;
  readonly expiresAt?: EpochMs;
}

const INCLUDED: Readonly<Record<TokenScope, readonly TokenScope[]>> = {
  read: ['read'],
  submit: ['submit', 'read'],
  operate: ['operate', 'read'],
  admin: TOKEN_SCOPES,
};

/** True where one of these scopes is the wanted one, or includes it. */
export const allows = (scopes: readonly TokenScope[], wanted: TokenScope): boolean =>
  scopes.some((scope) => INCLUDED[scope].includes(wanted));

const TENANT = /^[A-Za-z0-9][A-Za-z0-9_.:@/-]{0,127}$/;

/** @throws HodeiError `invalid_input`; `details.field` names the field. */
export function assertTokenInput({ name, scopes, tenant, expiresAt }: TokenInput, now: EpochMs): void {
  if (name.length === 0 || name.length > 128) refuse('name', 'a name has 1 to 128 characters');
  if (scopes.length === 0) refuse('scopes', `give at least one scope of ${TOKEN_SCOPES.join(', ')}`);
  const unknown = scopes.find((scope) => !TOKEN_SCOPES.includes(scope));
  if (unknown !== undefined) refuse('scopes', `"${unknown}" is no scope; known are ${TOKEN_SCOPES.join(', ')}`);
  if (expiresAt !== undefined && !(expiresAt > now)) refuse('expiresAt', 'it would have expired already');
  if (tenant === undefined) return;
  if (!TENANT.test(tenant))
    refuse('tenant', `tenant "${tenant.slice(0, 100)}" must be 1 to 128 of A-Z, a-z, 0-9 and "_.:@/-"`);
  // What these do reaches the jobs of all tenants.
  if (scopes.some((scope) => scope === 'operate' || scope === 'admin'))
    refuse('scopes', "a tenant's token can have the scopes read and submit only");
}

/** @throws HodeiError `unknown_value` */
export function parseTokenScope(text: string): TokenScope {
  const scope = TOKEN_SCOPES.find((known) => known === text);
  if (scope !== undefined) return scope;
  throw new HodeiError('unknown_value', `"${text}" is no scope of a token; known are ${TOKEN_SCOPES.join(', ')}`);
}

function refuse(field: string, message: string): never {
  throw new HodeiError('invalid_input', message, { details: { field } });
}
