import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** How a repository behaves. */
export interface FakeRepository {
  /** Only who shows `user:password` may pull; else 401. */
  readonly credentials?: string;
  /** Everything is refused with this status and code of the registry API. */
  readonly refuse?: { readonly status: number; readonly code: string };
  /** The layer stops after so many bytes, and the connection stays open. */
  readonly stallAfter?: number;
  /** The layer comes in small pieces, one each 20 ms. */
  readonly drip?: boolean;
  /** The layer is sent when this resolves. */
  readonly hold?: Promise<void>;
  /** Bytes that no compression makes smaller. */
  readonly layerBytes?: number;
  /** `amd64` unless said otherwise. */
  readonly architecture?: string;
}

/** A registry on the loopback, where an engine allows plain HTTP. */
export interface FakeRegistry extends AsyncDisposable {
  /** Like `127.0.0.1:40123`. */
  readonly host: string;
  /** Adds a repository with one image, tagged `1`. */
  add(name: string, repository?: FakeRepository): void;
  /** How often the layer of a repository was asked for. */
  layerRequests(name: string): number;
  /** Resolves when the layer of a repository is being asked for. */
  layerRequested(name: string): Promise<void>;
  /** Resolves when the answer with the layer of a repository has come to an end: whether the engine took all of it. */
  layerClosed(name: string): Promise<'whole' | 'broken off'>;
}

interface Blob {
  readonly bytes: Buffer;
  readonly type: string;
}

interface Stored {
  readonly behaviour: FakeRepository;
  readonly manifest: Blob;
  readonly blobs: ReadonlyMap<string, Blob>;
  readonly layerDigest: string;
  readonly requested: PromiseWithResolvers<void>;
  readonly closed: PromiseWithResolvers<'whole' | 'broken off'>;
  layerRequests: number;
}

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const CONFIG = 'application/vnd.docker.container.image.v1+json';
const LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip';

/** Enough of the registry API (distribution spec, "pull") for a real engine. */
export async function startFakeRegistry(): Promise<FakeRegistry> {
  const repositories = new Map<string, Stored>();
  const server = createServer((request, response) => answer(repositories, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stored = (name: string): Stored => {
    const found = repositories.get(name);
    if (found === undefined) throw new Error(`the fake registry has no ${name}`);
    return found;
  };
  return {
    host: `127.0.0.1:${port}`,
    add: (name, behaviour = {}) => void repositories.set(name, makeImage(behaviour)),
    layerRequests: (name) => stored(name).layerRequests,
    layerRequested: (name) => stored(name).requested.promise,
    layerClosed: (name) => stored(name).closed.promise,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function answer(repositories: ReadonlyMap<string, Stored>, request: IncomingMessage, response: ServerResponse): void {
  const refuse = (status: number, code: string, headers: Record<string, string> = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ errors: [{ code, message: code.toLowerCase().replaceAll('_', ' ') }] }));
  };
  const path = request.url ?? '';
  const challenge = { 'www-authenticate': 'Basic realm="fake"' };
  if (path === '/v2/') {
    // Here an engine learns how to log in.
    if ([...repositories.values()].some(({ behaviour }) => behaviour.credentials !== undefined))
      return refuse(401, 'UNAUTHORIZED', challenge);
    return void response.writeHead(200, { 'docker-distribution-api-version': 'registry/2.0' }).end();
  }
  const [, name = '', kind, reference = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? [];
  const repository = repositories.get(name);
  if (repository === undefined) return refuse(404, 'NAME_UNKNOWN');
  const { behaviour } = repository;
  if (behaviour.refuse !== undefined) return refuse(behaviour.refuse.status, behaviour.refuse.code);
  const wanted =
    behaviour.credentials === undefined ? undefined : `Basic ${Buffer.from(behaviour.credentials).toString('base64')}`;
  if (wanted !== undefined && request.headers.authorization !== wanted) {
    return refuse(401, 'UNAUTHORIZED', challenge);
  }
  if (kind === 'manifests') {
    const known = reference === '1' || reference === digestOf(repository.manifest.bytes);
    return known ? send(request, response, repository.manifest) : refuse(404, 'MANIFEST_UNKNOWN');
  }
  const blob = repository.blobs.get(reference);
  if (blob === undefined) return refuse(404, 'BLOB_UNKNOWN');
  if (reference !== repository.layerDigest) return send(request, response, blob);
  repository.layerRequests += 1;
  repository.requested.resolve();
  response.on('close', () => repository.closed.resolve(response.writableFinished ? 'whole' : 'broken off'));
  if (behaviour.hold !== undefined) return void behaviour.hold.then(() => send(request, response, blob));
  if (behaviour.drip === true) return drip(response, blob);
  send(request, response, blob, behaviour.stallAfter);
}

function drip(response: ServerResponse, { bytes, type }: Blob): void {
  response.writeHead(200, { 'content-type': type, 'content-length': bytes.length });
  let sent = 0;
  const timer = setInterval(() => {
    response.write(bytes.subarray(sent, (sent += 64 * 1024)));
    if (sent < bytes.length) return;
    clearInterval(timer);
    response.end();
  }, 20);
  response.on('close', () => clearInterval(timer));
}

function send(request: IncomingMessage, response: ServerResponse, { bytes, type }: Blob, stallAfter?: number): void {
  response.writeHead(200, {
    'content-type': type,
    'content-length': bytes.length,
    'docker-content-digest': digestOf(bytes),
  });
  if (request.method === 'HEAD') response.end();
  else if (stallAfter === undefined) response.end(bytes);
  else response.write(bytes.subarray(0, stallAfter));
}

/** An image of one layer with one file that no engine has seen before. */
function makeImage(behaviour: FakeRepository): Stored {
  const tar = tarOf('hodei-test', randomBytes(behaviour.layerBytes ?? 1024));
  const layer = { bytes: gzipSync(tar), type: LAYER };
  const config = {
    bytes: Buffer.from(
      JSON.stringify({
        architecture: behaviour.architecture ?? 'amd64',
        os: 'linux',
        config: { Cmd: ['/hodei-test'], Entrypoint: ['/entry', 'point'], Env: ['A=b'], User: '7', WorkingDir: '/work' },
        rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
      }),
    ),
    type: CONFIG,
  };
  const describe = ({ bytes, type }: Blob): object => ({
    mediaType: type,
    size: bytes.length,
    digest: digestOf(bytes),
  });
  const manifest = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config: describe(config), layers: [describe(layer)] }),
  );
  return {
    behaviour,
    manifest: { bytes: manifest, type: MANIFEST },
    blobs: new Map([config, layer].map((blob) => [digestOf(blob.bytes), blob])),
    layerDigest: digestOf(layer.bytes),
    requested: Promise.withResolvers(),
    closed: Promise.withResolvers(),
    layerRequests: 0,
  };
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** A tar archive (ustar) of one file. */
function tarOf(name: string, content: Buffer): Buffer {
  const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`;
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(
    octal(0o644, 8) + octal(0, 8) + octal(0, 8) + octal(content.length, 12) + octal(0, 12) + '        0',
    100,
  );
  header.write('ustar\u000000', 257);
  header.write(
    octal(
      header.reduce((sum, byte) => sum + byte, 0),
      7,
    ),
    148,
  );
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([header, content, padding, Buffer.alloc(1024)]);
}
