import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { openStore, parseSettings, type Store } from '../../apps/server/src/index.ts';
import type { InstallationId } from '../../packages/domain/src/index.ts';
import { findEngine } from '../engine/reach-engine.ts';
import { images } from '../images/names.ts';
import type { PrivateEngine } from '../private-engine/private-engine.ts';
import { startPrivateEngine } from '../private-engine/start-private-engine.ts';

/** The real parts that chaos happens to: an engine and a Postgres that nobody else uses. */
export interface ChaosInstallation extends AsyncDisposable {
  readonly engine: PrivateEngine;
  readonly store: Store;
  readonly id: InstallationId;
  /** What a process of this installation is started with. */
  readonly env: NodeJS.ProcessEnv;
  readonly folder: string;
  /** Breaks connections of others to the database. @returns how many. */
  breakConnections(share: number): Promise<number>;
  /** Kills the database; its keeper starts it again. */
  killDatabase(): Promise<void>;
}

export const openChaosInstallation = async (liveRestore: boolean): Promise<ChaosInstallation> => {
  await using opening = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'hodei-chaos-'));
  opening.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const { endpoint } = await findEngine();
  const engine = opening.use(await startPrivateEngine({ from: endpoint, images: [images.busybox], liveRestore }));
  const dataDir = join(folder, 'data');
  const { HODEI_URL: _, HODEI_DATABASE_URL: __, ...inherited } = process.env;
  const env = {
    ...inherited,
    DOCKER_HOST: engine.address,
    HODEI_DATA_DIR: dataDir,
    HODEI_SEALING_KEY: randomBytes(32).toString('base64'),
    HODEI_LOG_LEVEL: 'info',
    HODEI_DRAIN_TIMEOUT_MS: '0',
    // Any free port: there are two of them.
    HODEI_LISTEN: '127.0.0.1:0',
  };
  const silent = (): void => undefined;
  const diagnostics = { info: silent, warn: silent, error: silent };
  // Holds the database while instances come and go.
  const store = opening.use(await openStore(parseSettings(env), { diagnostics }));
  const life = await store.repositories.instances.register({ name: 'chaos', leaseMs: 1000 });
  await store.repositories.instances.release(life.epoch);
  const open = opening.move();
  const pidFile = join(dataDir, 'cluster', 'postmaster.pid');
  const readPidFile = async (): Promise<readonly string[]> => (await readFile(pidFile, 'utf8')).split('\n');
  return {
    engine,
    store,
    id: life.installationId,
    env,
    folder,
    breakConnections: async (share) => {
      const [, , , port = '', sockets = ''] = await readPidFile();
      const admin = new Client({ host: sockets, port: Number(port), user: 'hodei', database: 'hodei' });
      admin.on('error', () => undefined);
      await admin.connect();
      try {
        const { rowCount } = await admin.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < $1`,
          [share],
        );
        return rowCount ?? 0;
      } finally {
        await admin.end();
      }
    },
    killDatabase: async () => {
      const [pid] = await readPidFile();
      process.kill(Number(pid), 'SIGKILL');
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
};
