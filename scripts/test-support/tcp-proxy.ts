import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server on the network that a test can cut. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** Cuts every connection after so many more bytes of its client's have passed: in the middle of whatever that is. */
  cutAfter(bytes: number): void;
  /** Cuts all connections and takes no new ones, until {@link open}. */
  shut(): void;
  open(): void;
}

export const openTcpProxy = async (target: { readonly host: string; readonly port: number }): Promise<TcpProxy> => {
  const pairs = new Set<{ readonly client: Socket; readonly server: Socket; left: number }>();
  let isShut = false;
  const listener = createServer((client) => {
    if (isShut) {
      client.destroy();
      return;
    }
    const server = connect(target);
    const pair = { client, server, left: Infinity };
    const end = (): void => {
      pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    pairs.add(pair);
    client.on('data', (bytes: Buffer) => {
      server.write(bytes.subarray(0, pair.left));
      pair.left -= bytes.length;
      if (pair.left <= 0) server.end(end);
    });
    server.pipe(client);
    for (const socket of [client, server]) socket.on('error', end).on('close', end);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const cut = (): void => {
    for (const { client, server } of pairs) {
      client.destroy();
      server.destroy();
    }
  };
  return {
    port: (listener.address() as AddressInfo).port,
    cutAfter: (bytes) => {
      for (const pair of pairs) pair.left = bytes;
    },
    shut: () => {
      isShut = true;
      cut();
    },
    open: () => {
      isShut = false;
    },
    [Symbol.asyncDispose]: async () => {
      cut();
      listener.close();
      await once(listener, 'close');
    },
  };
};
