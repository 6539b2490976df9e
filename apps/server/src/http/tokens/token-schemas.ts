import { TOKEN_SCOPES } from '@hodei/domain';
import { z } from 'zod';

import { Moment } from '../schema-parts.ts';

const Scopes = z.array(z.enum(TOKEN_SCOPES));

const tokenFields = {
  id: z.string(),
  name: z.string(),
  scopes: Scopes,
  tenant: z.string().exactOptional(),
  createdAt: Moment,
  createdBy: z.string(),
  expiresAt: Moment.exactOptional(),
  revokedAt: Moment.exactOptional(),
};

export const TokenJson = z.strictObject(tokenFields).meta({ id: 'Token' });

export const NewTokenJson = z
  .strictObject({ ...tokenFields, token: z.string().describe('told this once, and kept nowhere') })
  .meta({ id: 'NewToken' });

export const TokenList = z.strictObject({ items: z.array(TokenJson) }).meta({ id: 'TokenList' });

export const TokenInputJson = z
  .strictObject({
    name: z.string().min(1).max(128),
    scopes: Scopes.min(1).max(8).describe('submit and operate include read; admin includes all'),
    tenant: z.string().max(128).describe('it reaches only the jobs of this tenant').exactOptional(),
    expiresAt: z.iso.datetime({ offset: true }).exactOptional(),
  })
  .meta({ id: 'TokenInput' });

export const TokenParams = z.strictObject({ id: z.string().max(64) });

export type TokenJson = z.output<typeof TokenJson>;
