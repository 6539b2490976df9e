import type { ClientConfig } from 'pg';
import { COLUMN_TYPES } from './column-types.ts';
import { parseDatabaseUrl } from './parse-database-url.ts';

/** How to reach a Postgres, and how patient to be with it. */
export interface PostgresOptions {
  /** `postgresql://user:password@host:port/database`, or a Unix socket: `postgresql:///database?host=/run/postgresql`. */
  readonly connectionString: string;
  /** How many connections at most, beside the one that listens for changes. By default 10. */
  readonly maxConnections?: number;
  /** How long to wait for a connection, in milliseconds. By default 10,000. */
  readonly connectTimeoutMs?: number;
  /** How long one statement may take, in milliseconds. By default 30,000. */
  readonly statementTimeoutMs?: number;
  /** What the server's own views call us. By default `hodei`. */
  readonly applicationName?: string;
}

/** What `pg` is told. @throws HodeiError `config_invalid` */
export function clientConfig(options: PostgresOptions): ClientConfig {
  return {
    connectionString: parseDatabaseUrl(options.connectionString),
    connectionTimeoutMillis: options.connectTimeoutMs ?? 10_000,
    application_name: options.applicationName ?? 'hodei',
    // A server that vanished without a word is noticed by the kernel.
    keepAlive: true,
    types: COLUMN_TYPES,
  };
}

/** How long a statement may take on the server, and a little later, on a connection that went silent. */
export function statementTimeouts(options: PostgresOptions): Pick<ClientConfig, 'statement_timeout' | 'query_timeout'> {
  const timeoutMs = options.statementTimeoutMs ?? 30_000;
  return { statement_timeout: timeoutMs, query_timeout: timeoutMs + 5000 };
}
