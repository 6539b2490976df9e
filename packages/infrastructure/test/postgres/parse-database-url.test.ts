import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDatabaseUrl } from '../../src/postgres/index.ts';

const refusal = (text: string): string => {
  try {
    parseDatabaseUrl(text);
  } catch (error) {
    expect(error).toMatchObject({ name: 'HodeiError', code: 'config_invalid' });
    return String(error);
  }
  throw new Error(`${text} was not refused`);
};

describe('parseDatabaseUrl', () => {
  it.each([
    'postgres://localhost/jobs',
    'postgresql://me:s3cret@db.example:5432/jobs?sslmode=require',
    'postgresql://me:p%40ss%2Fw%25@[::1]:6543/jobs',
    'postgresql:///jobs?host=/run/postgresql&port=5433&user=me',
    'postgresql://me@/jobs?host=/run/postgresql',
    'postgresql://me:s3cret@db.example',
  ])('takes %s', (url) => {
    expect(parseDatabaseUrl(url)).toBe(url);
  });

  it.each([
    ['', 'is empty'],
    ['  ', 'is empty'],
    ['db.example/jobs', 'does not begin with'],
    ['//me:s3cret@db.example/jobs', 'does not begin with'],
    ['mysql://me:s3cret@db.example/jobs', 'begins with "mysql:"'],
    ['postgresql:me:s3cret@db.example/jobs', 'has no "//"'],
    ['postgresql://me:s3cret@db.example:543x/jobs', 'port'],
    ['postgresql://me:s3cret@db.example:99999/jobs', 'port'],
    ['postgresql://me:s3cret@db.example:0/jobs', 'port 0'],
    ['postgresql://me:s3cret /jobs', 'white space'],
    ['postgresql://me:s3cret%zz@db.example/jobs', '"%"'],
    ['postgresql://me:s3cret#/@db.example/jobs', ''],
    ['postgresql:///jobs', 'names no host'],
    ['postgresql://[::1/jobs', ''],
  ])('refuses "%s": it %s', (url, why) => {
    const message = refusal(url);
    expect(message).toContain('HODEI_DATABASE_URL');
    expect(message).toContain(why);
    expect(message).not.toContain('s3cret');
  });

  it('never tells a password, whatever it is given', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('postgres://me:', 'postgresql://me:', 'pg://me:', 'me:'),
        fc.string(),
        fc.string(),
        (begin, before, after) => {
          const text = `${begin}${before}s3cret${after}@db.example/jobs`;
          try {
            parseDatabaseUrl(text);
          } catch (error) {
            expect(String(error)).not.toContain('s3cret');
          }
        },
      ),
    );
  });
});
