import { HodeiError } from '@hodei/domain';

const EXAMPLE = 'postgresql://user:password@host:5432/database';

/**
 * Checks a database URL before anything connects with it. `postgresql:///name?host=/run/postgresql` goes to a
 * Unix socket.
 *
 * @returns the same text.
 * @throws HodeiError `config_invalid`; the message says what is wrong, and never holds the password.
 */
export function parseDatabaseUrl(text: string): string {
  if (text.trim() === '') refuse('is empty');
  if (/\s/.test(text)) refuse('contains white space; write a space as %20');
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1];
  if (scheme === undefined) refuse('does not begin with "postgresql://"');
  if (scheme !== 'postgres' && scheme !== 'postgresql') refuse(`begins with "${scheme}:", not with "postgresql://"`);
  if (!/^[a-z]+:\/\//.test(text)) refuse(`has no "//" after "${scheme}:"`);
  // A URL of the web has no place for a user without a host; a socket's URL may well be such a one.
  const url = tryParse(text) ?? tryParse(text.replace('@/', '@localhost/'));
  if (url === undefined) {
    const port = /:([^:/?#@\]]*)(?:[/?#]|$)/.exec(text.slice(text.lastIndexOf('@') + 1))?.[1];
    const isPort = port === undefined || (/^\d+$/.test(port) && Number(port) <= 65_535);
    if (!isPort && text.includes('@')) refuse('has a port that is no number from 1 to 65535');
    return refuse('is no URL; "@", ":", "/" and "#" in a password have to be written as %40, %3A, %2F and %23');
  }
  for (const part of [url.username, url.password, url.pathname]) {
    if (!isDecodable(part)) refuse('has a "%" that no two hex digits follow; write a "%" as %25');
  }
  if (url.port === '0') refuse('has port 0; a port is a number from 1 to 65535');
  if (url.hostname === '' && !url.searchParams.has('host')) refuse('names no host');
  return text;
}

function tryParse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function isDecodable(part: string): boolean {
  return !/%(?![0-9A-Fa-f]{2})/.test(part);
}

function refuse(what: string): never {
  throw new HodeiError('config_invalid', `the database URL (HODEI_DATABASE_URL) ${what}; one looks like ${EXAMPLE}`, {
    details: { setting: 'HODEI_DATABASE_URL' },
  });
}
