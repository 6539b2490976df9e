import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { join } from 'node:path';

/** Where an engine listens, as `http.request` or `https.request` want it. */
export interface EngineEndpoint {
  readonly tls: boolean;
  readonly options: RequestOptions;
}

/** Reads an address in the form of DOCKER_HOST. TLS follows DOCKER_TLS_VERIFY and DOCKER_CERT_PATH. */
export const parseEngineAddress = (address: string, env: NodeJS.ProcessEnv): EngineEndpoint => {
  if (address.startsWith('unix://')) {
    return { tls: false, options: { socketPath: address.slice('unix://'.length) } };
  }
  if (!/^(tcp|http|https):\/\//.test(address)) {
    throw new Error(`"${address}" is not an address this script can use: unix://, tcp://, http:// or https://`);
  }
  const url = new URL(address.replace(/^tcp:/, 'http:'));
  const tls = address.startsWith('https:') || Boolean(env['DOCKER_TLS_VERIFY']);
  // An IPv6 host stands in brackets in a URL and without them in the options of a request.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port || (tls ? 2376 : 2375);
  return { tls, options: { host, port, ...(tls ? readCertificates(env['DOCKER_CERT_PATH']) : {}) } };
};

const readCertificates = (folder: string | undefined): RequestOptions =>
  folder === undefined
    ? {}
    : {
        ca: readFileSync(join(folder, 'ca.pem')),
        cert: readFileSync(join(folder, 'cert.pem')),
        key: readFileSync(join(folder, 'key.pem')),
      };
