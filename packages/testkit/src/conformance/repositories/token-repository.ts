import { describe, expect, it } from 'vitest';
import type { Token } from '@hodei/domain';
import { refuses, type GetBench } from './suite.ts';

const HASH = new Uint8Array(32).fill(9);

export function tokens(bench: GetBench): void {
  let made = 0;
  const aToken = (more: Partial<Token> = {}): Token => {
    made += 1;
    const createdAt = bench().tick();
    return {
      id: made.toString(16).padStart(32, '0'),
      name: 'ci',
      scopes: ['read', 'submit'],
      createdAt,
      createdBy: 'ada',
      ...more,
    };
  };

  describe('insert, find and list', () => {
    it('give back what was stored', async () => {
      const { tokens: repository } = bench().repositories;
      expect(await repository.hasAny()).toBe(false);
      const token = aToken();
      const full = aToken({ tenant: 'red', expiresAt: 1_900_000_000_000, scopes: ['read'] });
      expect(await repository.insert(token, HASH)).toEqual(token);
      expect(await repository.insert(full, HASH)).toEqual(full);
      expect(await bench().peer.tokens.find(full.id)).toEqual({ token: full, secretHash: HASH });
      expect(await repository.list()).toEqual([token, full]);
      expect(await repository.find('f'.repeat(32))).toBeUndefined();
      expect(await bench().peer.tokens.hasAny()).toBe(true);
      await refuses(repository.insert(token, HASH), 'conflict');
    });
  });

  describe('revoke', () => {
    it('stands from the first time, is told once, and leaves the token there', async () => {
      const { tokens: repository, history } = bench().repositories;
      const token = aToken();
      await repository.insert(token, HASH);
      const revokedAt = bench().tick();
      expect(await repository.revoke({ id: token.id, at: revokedAt, by: 'bob' })).toEqual({ ...token, revokedAt });
      expect(await repository.revoke({ id: token.id, at: bench().tick(), by: 'eve' })).toEqual({ ...token, revokedAt });
      expect(await repository.hasAny()).toBe(true);
      await refuses(repository.revoke({ id: 'f'.repeat(32), at: bench().tick(), by: 'bob' }), 'not_found');
      const told = await history.list({ afterSeq: 0, limit: 1000 });
      const { id, name } = token;
      expect(told.filter(({ kind }) => kind.startsWith('token.')).map(({ kind, data }) => [kind, data])).toEqual([
        ['token.created', { id, name, by: 'ada' }],
        ['token.revoked', { id, name, by: 'bob' }],
      ]);
    });
  });
}
