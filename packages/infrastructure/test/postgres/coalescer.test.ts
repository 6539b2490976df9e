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

/** Long enough for a call to become a statement: this turn of the event loop, and the next. */
const next = async (): Promise<void> => {
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('Coalescer', () => {
  it('carries calls of one turn of the event loop out together, and those that come meanwhile', async () => {
    const { calls, statements } = setUp();
    const first = ['a', 'b', 'c'].map((item) => calls.call(item));
    expect(statements).toEqual([]);
    await next();
    const later: Promise<string>[] = [];
    for (const item of ['d', 'e']) {
      later.push(calls.call(item));
      await next();
    }
    expect(statements.map(({ items }) => items)).toEqual([['a', 'b', 'c']]);
    statements[0]?.answer();
    expect(await Promise.all(first)).toEqual(['did a', 'did b', 'did c']);
    await next();
    expect(statements[1]?.items).toEqual(['d', 'e']);
    statements[1]?.answer();
    expect(await Promise.all(later)).toEqual(['did d', 'did e']);
  });

  it('waits for its turn, and carries out what has come until then', async () => {
    const turn = Promise.withResolvers<Disposable>();
    const over: string[] = [];
    const calls = new Coalescer<string, string>({
      turn: () => turn.promise,
      keyOf: (item) => item,
      run: async (items) => items.map(() => items.join(' ')),
    });
    const first = calls.call('a');
    await next();
    const second = calls.call('b');
    turn.resolve({ [Symbol.dispose]: () => over.push('over') });
    expect(await Promise.all([first, second])).toEqual(['a b', 'a b']);
    await next();
    expect(over.length).toBeGreaterThan(0);
  });

  it('never carries out two calls of one key by one statement', async () => {
    const { calls, statements } = setUp();
    for (const item of ['a1', 'a2', 'b', 'a3']) void calls.call(item);
    for (let done = 0; done < 3; done += 1) {
      await next();
      statements[done]?.answer();
    }
    expect(statements.map(({ items }) => items)).toEqual([['a1', 'b'], ['a2'], ['a3']]);
  });

  it('repeats the calls of a statement that failed one by one, so that each gets its own answer', async () => {
    const { calls, statements } = setUp();
    const results = ['a', 'b', 'c'].map((item) => calls.call(item));
    const refused = results[1]?.catch((error: unknown) => error);
    await next();
    const broken = new HodeiError('invalid_input', 'a NUL');
    statements[0]?.fail(broken);
    await next();
    expect(statements[1]?.items).toEqual(['a']);
    statements[1]?.answer();
    await next();
    statements[2]?.fail(broken);
    await next();
    statements[3]?.answer();
    expect([await results[0], await refused, await results[2]]).toEqual(['did a', broken, 'did c']);
  });

  it('tells every call where the database went away: nobody knows what took place', async () => {
    const { calls, statements } = setUp();
    const results = ['a', 'b'].map((item) => calls.call(item).catch((error: unknown) => error));
    await next();
    const away = new HodeiError('database_unavailable', 'it broke');
    statements[0]?.fail(away);
    expect(await Promise.all(results)).toEqual([away, away]);
    expect(statements).toHaveLength(1);
  });
});
