import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** The simplest load balancer: connections go to one server after the other, and past those that take none. */
export interface RoundRobin extends AsyncDisposable {
  readonly url: string;
  /** How many connections each server took. */
  readonly taken: readonly number[];
}

export const openRoundRobin = async (ports: readonly number[]): Promise<RoundRobin> => {
  const taken = ports.map(() => 0);
  const sockets = new Set<Socket>();
  let next = 0;
  const pass = (client: Socket, triesLeft: number): void => {
    const index = next % ports.length;
    next += 1;
    const server = connect({ host: '127.0.0.1', port: ports[index] ?? 0 });
    server.once('connect', () => {
      taken[index] = (taken[index] ?? 0) + 1;
      server.off('error', another);
      server.on('error', () => client.destroy()).on('close', () => client.destroy());
      client.on('close', () => server.destroy());
      client.pipe(server).pipe(client);
    });
    const another = (): void => void (triesLeft > 1 ? pass(client, triesLeft - 1) : client.destroy());
    server.once('error', another);
  };
  const listener = createServer((client) => {
    sockets.add(client);
    client.on('error', () => client.destroy()).on('close', () => sockets.delete(client));
    pass(client, ports.length);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    taken,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
};
