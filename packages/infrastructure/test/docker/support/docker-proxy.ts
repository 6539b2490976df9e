import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A way to the real engine that a test can cut. */
export interface DockerProxy {
  readonly socketPath: string;
  /** What was asked for, as `POST /v1.41/containers/create`, in order and without queries. */
  readonly requests: readonly string[];
  /** Cuts the connections whose request holds this text, now. */
  cut(text: string): void;
  /** Cuts the next connection whose request holds this text, as soon as so many bytes of its answer have passed. */
  cutAfter(text: string, bytes: number): void;
  /** Takes no new connections, and cuts all there are, until {@link open}. */
  shut(): Promise<void>;
  open(): Promise<void>;
  close(): Promise<void>;
}

interface Pipe {
  readonly client: Socket;
  readonly engine: Socket;
  request: string;
  passed: number;
}

export async function openDockerProxy(engineSocket = '/var/run/docker.sock'): Promise<DockerProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'hodei-test-proxy-'));
  const socketPath = join(folder, 'docker.sock');
  const pipes = new Set<Pipe>();
  const requests: string[] = [];
  let limit: { readonly text: string; readonly bytes: number } | undefined;
  const end = (pipe: Pipe): void => {
    pipes.delete(pipe);
    pipe.client.destroy();
    pipe.engine.destroy();
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const engine = connect({ path: engineSocket, allowHalfOpen: true });
    const pipe: Pipe = { client, engine, request: '', passed: 0 };
    pipes.add(pipe);
    client.on('data', (data: Buffer) => {
      const [, request] =
        /^((?:GET|HEAD|POST|PUT|DELETE) [^ ?]+)[^\r\n]* HTTP\/1\.1\r\n/.exec(data.toString('latin1')) ?? [];
      if (request !== undefined) requests.push(request);
      if (pipe.request.length < 64_000) pipe.request = data.toString('latin1');
      pipe.passed = 0;
      engine.write(data);
    });
    client.on('end', () => engine.end());
    engine.on('data', (data: Buffer) => {
      pipe.passed += data.length;
      if (limit !== undefined && pipe.passed > limit.bytes && pipe.request.includes(limit.text)) {
        limit = undefined;
        return end(pipe);
      }
      if (!client.write(data)) {
        engine.pause();
        client.once('drain', () => engine.resume());
      }
    });
    engine.on('end', () => client.end());
    for (const socket of [client, engine]) {
      socket.on('error', () => end(pipe));
      socket.on('close', () => pipes.delete(pipe));
    }
  });
  const open = (): Promise<void> => new Promise((resolve) => server.listen(socketPath, resolve));
  const shut = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const pipe of pipes) end(pipe);
    await closed;
  };
  await open();
  return {
    socketPath,
    requests,
    cut: (text) => {
      for (const pipe of pipes) if (pipe.request.includes(text)) end(pipe);
    },
    cutAfter: (text, bytes) => {
      limit = { text, bytes };
    },
    shut,
    open,
    close: async () => {
      if (server.listening) await shut();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
