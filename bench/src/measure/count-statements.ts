import { Client } from 'pg';

/** How many statements this process sends to any Postgres while the work goes on. */
export async function countStatements(work: () => Promise<unknown>): Promise<number> {
  // The driver has no hook; everything of this process goes through this method, the pool and Kysely included.
  const original = Reflect.get(Client.prototype, 'query') as (...args: unknown[]) => unknown;
  let count = 0;
  const counting = function (this: unknown, ...args: unknown[]): unknown {
    count += 1;
    return original.apply(this, args);
  };
  Reflect.set(Client.prototype, 'query', counting);
  try {
    await work();
  } finally {
    Reflect.set(Client.prototype, 'query', original);
  }
  return count;
}
