import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineEndpoint } from '../engine/engine-address.ts';

/** What the proxy says in the engine's place. */
export interface FalseAnswer {
  readonly status: number;
  /** The engine's words; for a status of 200, the whole body. */
  readonly words: string;
}

/** A way to a real engine that answers some requests itself. */
export interface EngineProxy extends AsyncDisposable {
  /** In the form of DOCKER_HOST. */
  readonly address: string;
  readonly endpoint: EngineEndpoint;
  /** Answers the next so many requests like this itself; the engine never sees them. */
  answer(method: string, path: RegExp, answer: FalseAnswer, times?: number): void;
  /** How many of those were answered. */
  readonly answered: number;
  /** Cuts the raw connections to containers. */
  cutRaw(): void;
  /** Whether the engine's answers to requests like this end at once, as if it had nothing to say. */
  silence(path: RegExp | undefined): void;
}

interface Rule extends FalseAnswer {
  readonly method: string;
  readonly path: RegExp;
  left: number;
}

export const openEngineProxy = async ({ options }: EngineEndpoint): Promise<EngineProxy> => {
  const folder = await mkdtemp(join(tmpdir(), 'hodei-engine-proxy-'));
  const socketPath = join(folder, 'docker.sock');
  const rules: Rule[] = [];
  let answered = 0;
  let silent: RegExp | undefined;
  const sockets = new Set<Socket>();
  const raw = new Set<Socket>();

  const pass = (incoming: IncomingMessage, response: ServerResponse): void => {
    const { method = 'GET', url = '/', headers } = incoming;
    const rule = rules.find((each) => each.left > 0 && each.method === method && each.path.test(url));
    if (rule !== undefined) {
      rule.left -= 1;
      answered += 1;
      const body = rule.status === 200 ? rule.words : JSON.stringify({ message: rule.words });
      response.writeHead(rule.status, { 'content-type': 'application/json' }).end(body);
      return;
    }
    if (silent?.test(url)) {
      response.writeHead(200, { 'content-type': 'application/json' }).end();
      return;
    }
    const outgoing = request({ ...options, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      answer.pipe(response).on('error', () => undefined);
      answer.on('error', () => response.destroy());
    });
    outgoing.on('error', () => response.destroy());
    response.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  };
  const server = createServer(pass);
  // A raw connection to a container: the request as it was, then bytes both ways.
  server.on('upgrade', ({ method, url, rawHeaders }: IncomingMessage, client: Socket, head: Buffer) => {
    const { socketPath: path, host, port } = options;
    const place = path == null ? { host: host ?? 'localhost', port: Number(port) } : { path };
    const engine = connect({ ...place, allowHalfOpen: true });
    const lines = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : []));
    engine.write([`${method} ${url} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
    engine.write(head);
    client.pipe(engine);
    engine.pipe(client);
    raw.add(client);
    client.once('close', () => raw.delete(client));
    for (const socket of [client, engine]) {
      socket.on('error', () => {
        client.destroy();
        engine.destroy();
      });
    }
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(socketPath);
  await once(server, 'listening');
  return {
    address: `unix://${socketPath}`,
    endpoint: { tls: false, options: { socketPath } },
    answer: (method, path, answer, times = 1) => void rules.push({ method, path, ...answer, left: times }),
    get answered() {
      return answered;
    },
    cutRaw: () => {
      for (const socket of raw) socket.destroy();
    },
    silence: (path) => {
      silent = path;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
