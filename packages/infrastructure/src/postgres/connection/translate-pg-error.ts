import { HodeiError, isHodeiError, type ErrorCode } from '@hodei/domain';

/** By SQLSTATE, or by its first two letters, the class (PostgreSQL manual, appendix A). */
const CODES: Readonly<Record<string, ErrorCode>> = {
  '08': 'database_unavailable', // connection exceptions
  '53': 'database_unavailable', // insufficient resources: too many connections, disk full
  '57': 'database_unavailable', // shutdowns, and queries cancelled by a timeout
  '58': 'database_unavailable', // trouble with the server's own files
  '25006': 'database_unavailable', // read only: a standby, while another takes over
  '55P03': 'database_unavailable', // a lock was not to be had in time
  '40': 'conflict', // deadlock, serialization failure
  '23505': 'conflict', // unique
  '28': 'config_invalid', // user or password refused
  '3D000': 'config_invalid', // no such database
  '3F000': 'config_invalid', // no such schema
  '42501': 'config_invalid', // the user may not do this
  '22': 'invalid_input', // data exceptions: NUL or half a surrogate pair in a text, a number or time out of range
};

/** Errors of the network and of sockets, as Node names them. */
const CONNECTION_ERRORS = new Set(
  'ECONNREFUSED ECONNRESET ECONNABORTED ENOTFOUND EAI_AGAIN ETIMEDOUT EPIPE ENOENT EACCES EHOSTUNREACH ENETUNREACH EHOSTDOWN'.split(
    ' ',
  ),
);

/** What `pg` and `pg-pool` say without a code when a connection could not be had, or went away. */
const CONNECTION_WORDS =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end)/;

const NO_ROOM = 'HD001';

const NAME_CONSTRAINT = 'providers_name_key';

/**
 * The one place where what Postgres or its driver throws becomes a {@link HodeiError}. Values of rows are in no
 * message; the original is the `cause`.
 */
export function translatePgError(error: unknown): HodeiError {
  if (isHodeiError(error)) return error;
  const { code, message, constraint } = factsOf(error);
  const known = CODES[code] ?? CODES[code.slice(0, 2)];
  // Raised by us, in the trigger that keeps a provider from getting more workers than it has room for.
  if (code === NO_ROOM)
    return new HodeiError('provider_unavailable', `the provider has no room: ${message}`, {
      cause: error,
      details: { reason: 'no_capacity' },
    });
  const translate = (to: ErrorCode, words: string): HodeiError =>
    new HodeiError(to, words, { cause: error, details: { sqlState: code } });
  if (CONNECTION_ERRORS.has(code) || CONNECTION_WORDS.test(message)) {
    return translate('database_unavailable', `the database can't be reached: ${message || code}`);
  }
  if (/does not support SSL/.test(message))
    return translate('config_invalid', `the database offers no TLS, but its URL asks for it`);
  switch (known) {
    case 'database_unavailable':
      return translate(known, `the database broke off: ${message}`);
    case 'conflict':
      if (constraint === NAME_CONSTRAINT)
        return translate('name_taken', 'there is a provider of this name already; choose another name');
      return translate(known, `somebody else wrote the same at the same time: ${message}`);
    case 'config_invalid':
      return translate(known, `the database refuses us: ${message}; see HODEI_DATABASE_URL`);
    case 'invalid_input':
      return translate(
        known,
        `the database can't store this (a NUL, half of a surrogate pair, or a value out of range): ${message}`,
      );
    default:
      return translate('internal', `the database refused a statement: ${message}`);
  }
}

function factsOf(error: unknown): { readonly code: string; readonly message: string; readonly constraint?: unknown } {
  if (!(error instanceof Error)) return { code: '', message: String(error) };
  // Node tries all addresses of a host, and throws what became of each.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const { code, constraint } = error as { readonly code?: unknown; readonly constraint?: unknown };
  const message = error.message === '' && first instanceof Error ? first.message : error.message;
  return { code: typeof code === 'string' ? code : '', message, constraint };
}
