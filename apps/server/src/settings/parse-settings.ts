import { isAbsolute, resolve } from 'node:path';

import { HodeiError } from '@hodei/domain';

import { parseListen, type ListenAddress } from '../parse-listen.ts';
import { readSecretFiles } from './read-secret-files.ts';
import { ENVIRONMENT, type LOG_LEVELS } from './settings-schema.ts';

/** What the process was told by its environment, checked once. */
export interface Settings {
  /** Talk to this server instead of running embedded. */
  readonly url?: string;
  /** How to be known to the server. */
  readonly token?: string;
  /** A Postgres of the operator's; absent: the embedded one in {@link dataDir}. */
  readonly databaseUrl?: string;
  /** Absolute. Holds the embedded Postgres, the sealing key and logs. */
  readonly dataDir: string;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** Text of the key that seals secrets; absent: a file in {@link dataDir}. */
  readonly sealingKey?: string;
  /** The image of a job that names none. */
  readonly defaultImage: string;
  /** Where the HTTP API listens; absent: nowhere (`off`). */
  readonly listen?: ListenAddress;
  /** How long a service that is told to end waits for its jobs, in milliseconds; then others take them up. */
  readonly drainTimeoutMs: number;
  /** How much is kept of a job's output, in bytes; the rest is counted and dropped. */
  readonly maxOutputBytes: number;
  /** How many jobs one instance runs at once. */
  readonly maxConcurrentJobs: number;
  /** How long a job is kept once it has ended, in milliseconds. */
  readonly retentionMs: number;
  /** What adapters may read, like `DOCKER_HOST`. */
  readonly env: NodeJS.ProcessEnv;
}

const DAY_MS = 24 * 3600 * 1000;

/**
 * Reads the settings. A variable that is empty counts as not set.
 * @throws HodeiError `config_invalid`; the message names each wrong variable and what is allowed, and no value
 * (it may hold a password).
 */
export function parseSettings(env: NodeJS.ProcessEnv, cwd: string = process.cwd()): Settings {
  const given = Object.fromEntries(Object.entries(readSecretFiles(env)).filter(([, value]) => value !== ''));
  const parsed = ENVIRONMENT.safeParse(given);
  if (!parsed.success) {
    const wrong = new Set(parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`));
    throw new HodeiError('config_invalid', [...wrong].join('; '));
  }
  const { data } = parsed;
  const listen = parseListen(data.HODEI_LISTEN);
  return {
    dataDir: isAbsolute(data.HODEI_DATA_DIR) ? data.HODEI_DATA_DIR : resolve(cwd, data.HODEI_DATA_DIR),
    logLevel: data.HODEI_LOG_LEVEL,
    defaultImage: data.HODEI_DEFAULT_IMAGE,
    drainTimeoutMs: data.HODEI_DRAIN_TIMEOUT_MS,
    maxOutputBytes: data.HODEI_MAX_OUTPUT_BYTES,
    maxConcurrentJobs: data.HODEI_MAX_CONCURRENT_JOBS,
    retentionMs: data.HODEI_RETENTION_DAYS * DAY_MS,
    env,
    ...(listen === undefined ? {} : { listen }),
    ...(data.HODEI_URL === undefined ? {} : { url: data.HODEI_URL }),
    ...(data.HODEI_TOKEN === undefined ? {} : { token: data.HODEI_TOKEN }),
    ...(data.HODEI_DATABASE_URL === undefined ? {} : { databaseUrl: data.HODEI_DATABASE_URL }),
    ...(data.HODEI_SEALING_KEY === undefined ? {} : { sealingKey: data.HODEI_SEALING_KEY }),
  };
}
