import { mkdir, writeFile } from 'node:fs/promises';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';

import ssh2 from 'ssh2';

import { temporaryFolder } from './temporary-folder.ts';

/** A host with ssh, on which the docker CLI reaches the engine of this machine. */
export interface SshServer extends AsyncDisposable {
  readonly port: number;
  /** With a `known_hosts` that has its key. */
  readonly home: string;
  /** A key that may log in, and one that may not. */
  readonly keyFile: string;
  readonly otherKeyFile: string;
}

export async function startSshServer(engineSocket = '/var/run/docker.sock'): Promise<SshServer> {
  const folder = await temporaryFolder();
  // Not ed25519: of those that ssh2 1.17 makes, one in some hundreds can't be parsed by itself.
  const [host, user, other] = [0, 1, 2].map(() => ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }));
  if (host === undefined || user === undefined || other === undefined) throw new Error('three keys were made');
  const userKey = ssh2.utils.parseKey(user.public);
  if (userKey instanceof Error) throw userKey;
  const connections = new Set<ssh2.Connection>();
  const server = new ssh2.Server({ hostKeys: [host.private] }, (client) => {
    connections.add(client);
    client.on('error', () => connections.delete(client));
    client.on('close', () => connections.delete(client));
    client.on('authentication', (attempt) => {
      if (attempt.method === 'publickey' && attempt.key.data.equals(userKey.getPublicSSH())) attempt.accept();
      else attempt.reject(['publickey']);
    });
    client.on('session', (accept) => {
      accept().on('exec', (acceptExec, reject, { command }) => {
        if (command !== 'docker system dial-stdio') return reject();
        const channel = acceptExec();
        const engine = connect({ path: engineSocket, allowHalfOpen: true });
        channel.pipe(engine).pipe(channel);
        for (const stream of [channel, engine]) stream.on('error', () => engine.destroy());
        channel.on('close', () => engine.destroy());
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await mkdir(join(folder.path, '.ssh'));
  await writeFile(join(folder.path, '.ssh', 'known_hosts'), `[127.0.0.1]:${port} ${host.public}\n`);
  const [keyFile, otherKeyFile] = [join(folder.path, 'key'), join(folder.path, 'other-key')];
  await writeFile(keyFile, user.private);
  await writeFile(otherKeyFile, other.private);
  return {
    port,
    home: folder.path,
    keyFile,
    otherKeyFile,
    [Symbol.asyncDispose]: async () => {
      for (const connection of connections) connection.end();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await folder[Symbol.asyncDispose]();
    },
  };
}
