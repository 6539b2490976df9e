import { Client } from 'pg';

/** A connection past all repositories, to see what they don't tell. */
export interface Connection extends AsyncDisposable {
  query<Columns extends object>(text: string, values?: readonly unknown[]): Promise<readonly Columns[]>;
}

export async function connect(connectionString: string): Promise<Connection> {
  const client = new Client({ connectionString });
  await client.connect();
  return {
    query: async <Columns extends object>(text: string, values: readonly unknown[] = []) =>
      (await client.query<Columns>(text, [...values])).rows,
    [Symbol.asyncDispose]: () => client.end(),
  };
}
