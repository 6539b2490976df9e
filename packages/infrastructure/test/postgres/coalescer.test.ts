import { HodeiError } from '@hodei/domain';
import { describe, expect, it } from 'vitest';
import { Coalescer } from '../../src/postgres/batches/coalescer.ts';

/** A coalescer whose statements are answered by the test, in any order. */
function setUp(): {
  readonly calls: Coalescer<string, string>;
  readonly statements: {
    readonly items: readonly string[];
    readonly answer: () => void;
    readonly fail: (error: unknown) => void;
  }[];
} {
  const statements: ReturnType<typeof setUp>['statements'] = [];
  const calls = new Coalescer<string, string>({
    keyOf: (item) => item.slice(0, 1),
    run: (items) =>
      new Promise((resolve, reject) =>
        statements.push({ items, answer: () => resolve(items.map((item) => `did ${item}`)), fail: reject }),
      ),
  });
  return { calls, statements };
}

const next = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Coalescer', () => {
  it('carries a single call out at once, and those that come meanwhile together', async () => {
    const { calls, statements } = setUp();
    const results = ['a', 'b', 'c', 'd', 'e'].map((item) => calls.call(item));
    expect(statements.map(({ items }) => items)).toEqual([['a'], ['b']]);
    statements[0]?.answer();
    expect(await results[0]).toBe('did a');
    await next();
    expect(statements[2]?.items).toEqual(['c', 'd', 'e']);
    statements[2]?.answer();
    expect(await Promise.all(results.slice(2))).toEqual(['did c', 'did d', 'did e']);
  });

  it('never carries out two calls of one key by one statement', async () => {
    const { calls, statements } = setUp();
    void calls.call('x');
    void calls.call('y');
    for (const item of ['a1', 'a2', 'b', 'a3']) void calls.call(item);
    for (const { answer } of statements) answer();
    await next();
    expect(statements.slice(2).map(({ items }) => items)).toEqual([['a1', 'b'], ['a2']]);
  });

  it('repeats the calls of a statement that failed one by one, so that each gets its own answer', async () => {
    const { calls, statements } = setUp();
    const results = ['x', 'y', 'a', 'b', 'c'].map((item) => calls.call(item));
    for (const { answer } of statements) answer();
    await next();
    const broken = new HodeiError('invalid_input', 'a NUL');
    const refused = results[3]?.catch((error: unknown) => error);
    statements[2]?.fail(broken);
    await next();
    expect(statements[3]?.items).toEqual(['a']);
    statements[3]?.answer();
    await next();
    statements[4]?.fail(broken);
    await next();
    statements[5]?.answer();
    expect([await results[2], await refused, await results[4]]).toEqual(['did a', broken, 'did c']);
  });

  it('tells every call where the database went away: nobody knows what took place', async () => {
    const { calls, statements } = setUp();
    const results = ['x', 'y', 'a', 'b'].map((item) => calls.call(item).catch((error: unknown) => error));
    for (const { answer } of statements) answer();
    await next();
    const away = new HodeiError('database_unavailable', 'it broke');
    statements[2]?.fail(away);
    expect(await Promise.all(results.slice(2))).toEqual([away, away]);
    expect(statements).toHaveLength(3);
  });
});
