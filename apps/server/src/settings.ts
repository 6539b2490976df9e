import { isAbsolute, resolve } from 'node:path';

import { DEFAULT_JOB_POLICY } from '@hodei/application';
import { HodeiError } from '@hodei/domain';
import { z } from 'zod';

import { parseListen, type ListenAddress } from './parse-listen.ts';

/** The levels of the log, from the most to the least talkative. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

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
  /** How long a job is kept once it has ended, in milliseconds. */
  readonly retentionMs: number;
  /** What adapters may read, like `DOCKER_HOST`. */
  readonly env: NodeJS.ProcessEnv;
}

const url = (protocols: readonly string[], example: string) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    error: `must be a URL like ${example}`,
  });

const DAY_MS = 24 * 3600 * 1000;
const RETENTION = 'must be a number of days, more than 0 and at most 36500';
const OUTPUT = 'must be a whole number of bytes, 0 or more';
const DRAIN = 'must be a whole number of milliseconds from 0 to 86400000';

const ENVIRONMENT = z.object({
  HODEI_URL: url(['http:', 'https:'], 'http://127.0.0.1:7433').optional(),
  HODEI_TOKEN: z.string().optional(),
  HODEI_DATABASE_URL: url(['postgres:', 'postgresql:'], 'postgresql://user:password@host:5432/hodei').optional(),
  HODEI_DATA_DIR: z.string().default('.hodei'),
  HODEI_LOG_LEVEL: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` }).default('warn'),
  HODEI_SEALING_KEY: z.string().optional(),
  HODEI_DEFAULT_IMAGE: z.string().default('busybox'),
  HODEI_LISTEN: z
    .string()
    .default('127.0.0.1:7433')
    .refine((text) => text === 'off' || parseListen(text) !== undefined, {
      error: 'must be HOST:PORT like 127.0.0.1:7433 or [::1]:7433, or "off"',
    }),
  HODEI_DRAIN_TIMEOUT_MS: z.coerce
    .number({ error: DRAIN })
    .int({ error: DRAIN })
    .min(0, { error: DRAIN })
    .max(86_400_000, { error: DRAIN })
    .default(30_000),
  HODEI_MAX_OUTPUT_BYTES: z.coerce
    .number({ error: OUTPUT })
    .int({ error: OUTPUT })
    .min(0, { error: OUTPUT })
    .default(DEFAULT_JOB_POLICY.maxOutputBytes),
  HODEI_RETENTION_DAYS: z.coerce
    .number({ error: RETENTION })
    .positive({ error: RETENTION })
    .max(36_500, { error: RETENTION })
    .default(30),
});

/**
 * Reads the settings. A variable that is empty counts as not set.
 * @throws HodeiError `config_invalid`; the message names each wrong variable and what is allowed, and no value
 * (it may hold a password).
 */
export function parseSettings(env: NodeJS.ProcessEnv, cwd: string = process.cwd()): Settings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = ENVIRONMENT.safeParse(given);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
    throw new HodeiError('config_invalid', wrong.join('; '));
  }
  const { data } = parsed;
  const listen = parseListen(data.HODEI_LISTEN);
  return {
    dataDir: isAbsolute(data.HODEI_DATA_DIR) ? data.HODEI_DATA_DIR : resolve(cwd, data.HODEI_DATA_DIR),
    logLevel: data.HODEI_LOG_LEVEL,
    defaultImage: data.HODEI_DEFAULT_IMAGE,
    drainTimeoutMs: data.HODEI_DRAIN_TIMEOUT_MS,
    maxOutputBytes: data.HODEI_MAX_OUTPUT_BYTES,
    retentionMs: data.HODEI_RETENTION_DAYS * DAY_MS,
    env,
    ...(listen === undefined ? {} : { listen }),
    ...(data.HODEI_URL === undefined ? {} : { url: data.HODEI_URL }),
    ...(data.HODEI_TOKEN === undefined ? {} : { token: data.HODEI_TOKEN }),
    ...(data.HODEI_DATABASE_URL === undefined ? {} : { databaseUrl: data.HODEI_DATABASE_URL }),
    ...(data.HODEI_SEALING_KEY === undefined ? {} : { sealingKey: data.HODEI_SEALING_KEY }),
  };
}
