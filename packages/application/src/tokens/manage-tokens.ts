import { assertTokenInput, type Token, type TokenInput } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';
import { hashSecret, newTokenParts, tokenText } from './token-text.ts';

type Context = Pick<JobContext, 'repositories' | 'clock' | 'ids'>;

/**
 * Makes a token. Its text is told once, here, and kept nowhere.
 * @throws HodeiError `invalid_input`
 */
export async function createToken(
  { repositories, clock, ids }: Context,
  input: TokenInput,
  by: string,
): Promise<{ readonly token: Token; readonly text: string }> {
  const createdAt = clock.now();
  assertTokenInput(input, createdAt);
  const parts = newTokenParts(ids);
  const { name, scopes, tenant, expiresAt } = input;
  const token = await repositories.tokens.insert(
    {
      id: parts.id,
      name,
      scopes: [...new Set(scopes)],
      createdAt,
      createdBy: by,
      ...(tenant === undefined ? {} : { tenant }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    },
    await hashSecret(parts.secret),
  );
  return { token, text: tokenText(parts) };
}

/** All tokens, the oldest first, the revoked ones too. */
export const listTokens = ({ repositories }: Pick<Context, 'repositories'>): Promise<readonly Token[]> =>
  repositories.tokens.list();

/** Makes a token worth nothing, everywhere within seconds. Idempotent. @throws HodeiError `not_found` */
export const revokeToken = (
  { repositories, clock }: Pick<Context, 'repositories' | 'clock'>,
  id: string,
  by: string,
): Promise<Token> => repositories.tokens.revoke({ id, at: clock.now(), by });
