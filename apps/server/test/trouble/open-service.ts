import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Diagnostics } from '@hodei/application';
import {
  checkJobInput,
  isTerminalJobState,
  parseJobId,
  type Attempt,
  type HistoryEvent,
  type InstallationId,
  type Job,
  type JobId,
  type JobInput,
  type OutputStream,
} from '@hodei/domain';
import { expect } from 'vitest';

import type { EngineEndpoint } from '../../../../scripts/engine/engine-address.ts';
import { listManaged } from '../../../../scripts/test-support/list-resources.ts';
import { openStore, parseSettings, serve, type Store } from '../../src/index.ts';

/** A service as it is really composed, in this process, and a look at its rows past it. */
export interface Service extends AsyncDisposable {
  readonly store: Store;
  readonly installationId: InstallationId;
  /** Stores a pending job, as a submission does; the service claims it. */
  submit(input: JobInput): Promise<JobId>;
  job(id: JobId): Promise<Job>;
  attempts(id: JobId): Promise<readonly Attempt[]>;
  /** Resolves when the job has ended. */
  ended(id: JobId, timeoutMs?: number): Promise<Job>;
  /** What is stored of the output of its last attempt. */
  output(id: JobId, stream?: OutputStream): Promise<string>;
  /** Resolves when its output holds this text. */
  wrote(id: JobId, text: string): Promise<void>;
  /** Resolves when history has an event of this kind that was not told yet. */
  happens(kind: HistoryEvent['kind']): Promise<void>;
  /** Ends the service, and begins a new one on the same store and engine. */
  restart(): Promise<void>;
  /** Nothing of this installation is on the engine, and no row says that something goes on. */
  expectNothingLeft(): Promise<void>;
}

/** The engine's address as in DOCKER_HOST, and how the test itself reaches it. */
export interface ServedEngine {
  readonly address: string;
  readonly endpoint: EngineEndpoint;
}

/** Opens a service on this engine, with a Postgres of its own unless a URL is given. */
export async function openService(engine: ServedEngine, databaseUrl = ''): Promise<Service> {
  await using opening = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'hodei-trouble-'));
  opening.defer(() => rm(dataDir, { recursive: true, force: true }));
  const settings = parseSettings({
    ...process.env,
    DOCKER_HOST: engine.address,
    HODEI_DATA_DIR: dataDir,
    HODEI_DATABASE_URL: databaseUrl,
    HODEI_LISTEN: 'off',
    HODEI_DRAIN_TIMEOUT_MS: '0',
  });
  const said: string[] = [];
  const say = (message: string, facts?: Readonly<Record<string, unknown>>): void => {
    const { error } = facts ?? {};
    said.push(`${message}${error instanceof Error ? `: ${error.message}` : ''}`);
  };
  const diagnostics: Diagnostics = { info: say, warn: say, error: say };
  const store = opening.use(await openStore(settings, { diagnostics }));
  const life = await store.repositories.instances.register({ name: 'a test', leaseMs: 1000 });
  await store.repositories.instances.release(life.epoch);
  const { installationId } = life;
  const begin = (): { end(): Promise<void> } => {
    const over = new AbortController();
    const served = serve(settings, over.signal, { diagnostics });
    served.catch(() => undefined); // whoever ends it is told
    return {
      end: () => {
        over.abort();
        return served;
      },
    };
  };
  let serving = begin();
  opening.defer(() => serving.end());
  const open = opening.move();

  const { jobs, attempts, logs, history, workers } = store.repositories;
  const until = (what: string, timeoutMs: number, holds: () => Promise<boolean>): Promise<void> =>
    expect
      .poll(holds, { timeout: timeoutMs, interval: 50, message: what })
      .toBe(true)
      .catch((error: unknown) => {
        throw new Error(`${what}: not within ${timeoutMs} ms; the service said:\n${said.slice(-30).join('\n')}`, {
          cause: error,
        });
      });
  let told = 0;
  const output = async (jobId: JobId, stream: OutputStream = 'stdout'): Promise<string> => {
    const last = (await attempts.listByJob(jobId)).at(-1);
    const pieces: Buffer[] = [];
    for (let afterSeq = 0; ;) {
      const records = await logs.read({ jobId, afterSeq, maxBytes: 2 ** 22, stream });
      const next = records.at(-1);
      if (next === undefined) return Buffer.concat(pieces).toString('latin1');
      afterSeq = next.seq;
      for (const { attemptId, bytes } of records) if (attemptId === last?.id) pieces.push(Buffer.from(bytes));
    }
  };
  return {
    store,
    installationId,
    submit: async (input) => {
      const { spec } = checkJobInput(input, 'busybox:latest');
      const { id } = await jobs.insert({ id: parseJobId(randomUUID()), spec, at: Date.now() });
      return id;
    },
    job: (id) => jobs.get(id),
    attempts: (id) => attempts.listByJob(id),
    ended: async (id, timeoutMs = 60_000) => {
      await until('the job has ended', timeoutMs, async () => isTerminalJobState((await jobs.get(id)).state));
      return jobs.get(id);
    },
    output,
    wrote: (id, text) => until(`its output holds ${text}`, 30_000, async () => (await output(id)).includes(text)),
    happens: async (kind) => {
      let seq = told;
      await until(`history says ${kind}`, 30_000, async () => {
        const event = (await history.list({ afterSeq: told, limit: 1000 })).find((each) => each.kind === kind);
        seq = event?.seq ?? told;
        return event !== undefined;
      });
      told = seq;
    },
    expectNothingLeft: async () => {
      const mine = async (): Promise<number> =>
        (await listManaged(engine.endpoint)).filter(({ labels }) => labels['hodei.installation'] === installationId)
          .length;
      await until(
        'nothing is left',
        20_000,
        async () => (await mine()) === 0 && (await workers.countLive()).size === 0,
      );
    },
    restart: async () => {
      await serving.end();
      serving = begin();
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}
