import { isIP } from 'node:net';

/** Where a server listens. */
export interface ListenAddress {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

const ADDRESS = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/;

/** Reads `HOST:PORT`, an IPv6 address in brackets. @returns nothing for anything else. */
export function parseListen(text: string): ListenAddress | undefined {
  const [, ipv6, name, digits] = ADDRESS.exec(text) ?? [];
  const host = ipv6 ?? name;
  const port = Number(digits);
  if (host === undefined || !(port <= 65_535)) return undefined;
  return ipv6 !== undefined && isIP(ipv6) !== 6 ? undefined : { host, port };
}

/** True where only this machine can reach it. A name is not looked up: it may mean something else later. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
