import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startEmbeddedPostgres } from '@hodei/infrastructure/embedded-postgres';
import Docker from 'dockerode';
import { Pool } from 'pg';

import { findEngine } from '../../../scripts/engine/reach-engine.ts';
import { ImageEnsurer } from '../../../scripts/images/image-ensurer.ts';

/** A database of a side's own. */
export interface BenchDatabase extends AsyncDisposable {
  readonly connectionString: string;
}

/** What all benches share. Each is made when it is first asked for. */
export interface World extends AsyncDisposable {
  /** The default image, which is there. */
  readonly image: string;
  docker(): Promise<Docker>;
  /** Another database on the one Postgres, durable as it is by default. Disposing of it drops it. */
  createDatabase(): Promise<BenchDatabase>;
  /** One statement in the admin database. */
  query<Columns extends object>(text: string, values?: readonly unknown[]): Promise<readonly Columns[]>;
  /** A folder that goes when the world goes. */
  readonly folder: string;
  say(words: string): void;
}

export const IMAGE = 'busybox:latest';

export async function openWorld(say: (words: string) => void): Promise<World> {
  const stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'hodei-bench-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  let server: Promise<{ readonly admin: Pool; readonly connectionString: string }> | undefined;
  let engine: Promise<Docker> | undefined;
  let databases = 0;

  const startServer = async (): Promise<{ readonly admin: Pool; readonly connectionString: string }> => {
    const { connectionString } = stack.use(await startEmbeddedPostgres({ dataDir: join(folder, 'data') }));
    const admin = new Pool({ connectionString, max: 1 });
    // An idle connection that the server ends is nobody's failure.
    admin.on('error', () => undefined);
    stack.defer(() => admin.end());
    return { admin, connectionString };
  };
  const reachEngine = async (): Promise<Docker> => {
    const { address, endpoint } = await findEngine();
    if (address !== 'unix:///var/run/docker.sock') process.env['DOCKER_HOST'] = address;
    await new ImageEnsurer(endpoint, say).ensureBusybox();
    const { socketPath, host, port } = endpoint.options;
    return new Docker(socketPath ? { socketPath } : { host: String(host), port: Number(port) });
  };
  const query: World['query'] = async <Columns extends object>(text: string, values: readonly unknown[] = []) => {
    const { admin } = await (server ??= startServer());
    return (await admin.query<Columns>(text, [...values])).rows;
  };

  return {
    image: IMAGE,
    folder,
    say,
    docker: () => (engine ??= reachEngine()),
    query,
    createDatabase: async () => {
      const { connectionString } = await (server ??= startServer());
      databases += 1;
      const name = `bench_${databases}`;
      await query(`CREATE DATABASE ${name}`);
      return {
        connectionString: connectionString.replace(/^postgresql:\/\/\/[^?]*/, `postgresql:///${name}`),
        [Symbol.asyncDispose]: async () => void (await query(`DROP DATABASE ${name} WITH (FORCE)`)),
      };
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
