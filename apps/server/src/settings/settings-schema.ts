import { DEFAULT_JOB_POLICY } from '@hodei/application';
import { z } from 'zod';

import { parseListen } from '../parse-listen.ts';

/** The levels of the log, from the most to the least talkative. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

/** Whom a variable concerns. */
export type SettingAudience =
  /** Commands that work with a server. */
  | 'client'
  /** Whatever opens the database: the server, and commands without one. */
  | 'installation'
  /** `hodei serve` alone. */
  | 'service';

/** What is written of a variable in the reference (docs/configuration.md) and by `hodei config`. */
export interface SettingFacts {
  readonly audience: SettingAudience;
  /** What it is for; Markdown, one line. */
  readonly meaning: string;
  /** What it may be, as it follows "must be". */
  readonly allowed: string;
  /** What holds where it is not set and has no default. */
  readonly absent?: string;
  /** Its value is told to nobody, and can be read from a file that `<NAME>_FILE` names. */
  readonly isSecret?: true;
}

/** Every message about a wrong value is made of {@link SettingFacts.allowed}: what is documented is what is told. */
function setting<Schema extends z.ZodType>(facts: SettingFacts, make: (error: string) => Schema): Schema {
  return make(`must be ${facts.allowed}`).meta({ ...facts });
}

const url = (protocols: readonly string[], error: string) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), { error });

/** A token in a URL would be shown in messages and logs; nothing can stand behind a query. */
function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { username, password, search, hash } = new URL(text);
  return [username, password, search, hash].every((part) => part === '');
}

/** A number between two bounds, with one message for all that may be wrong with it. */
const whole = (error: string, least: number, most = Number.MAX_SAFE_INTEGER) =>
  z.coerce.number({ error }).int({ error }).min(least, { error }).max(most, { error });

/** Each variable that Hodei Jobs reads, in the order of the reference. */
export const ENVIRONMENT = z.object({
  HODEI_URL: setting(
    {
      audience: 'client',
      meaning: 'Work with the server at this address instead of on this machine.',
      allowed: 'a URL like http://127.0.0.1:7433 or https://example.org/hodei, without a password or a query',
      absent: 'on this machine',
    },
    (error) => url(['http:', 'https:'], error).refine(isPlainUrl, { error }).optional(),
  ),
  HODEI_TOKEN: setting(
    {
      audience: 'client',
      meaning: 'The token to show to that server; `hodei tokens create` makes one.',
      allowed: 'the text of a token, on one line and without spaces',
      isSecret: true,
    },
    (error) =>
      z
        .string()
        .trim()
        .regex(/^[\x21-\x7e]+$/, { error })
        .optional(),
  ),
  HODEI_DATABASE_URL: setting(
    {
      audience: 'installation',
      meaning: 'A Postgres of yours. All that name the same database are one installation.',
      allowed: 'a URL like postgresql://user:password@host:5432/hodei',
      absent: 'the embedded one in the data directory',
      isSecret: true,
    },
    (error) => url(['postgres:', 'postgresql:'], error).optional(),
  ),
  HODEI_DATA_DIR: setting(
    {
      audience: 'installation',
      meaning: 'Where the embedded Postgres, the sealing key and logs are kept.',
      allowed: 'the path of a folder; a relative one is below the current folder',
    },
    () => z.string().default('.hodei'),
  ),
  HODEI_SEALING_KEY: setting(
    {
      audience: 'installation',
      meaning: 'Seals the secrets of jobs in the database. Needed where several hosts share one database.',
      allowed: '32 bytes in base64 or hex, the same for all of an installation',
      absent: '`sealing.key` in the data directory, made on first use',
      isSecret: true,
    },
    () => z.string().optional(),
  ),
  HODEI_DEFAULT_IMAGE: setting(
    {
      audience: 'installation',
      meaning: 'The image of a job that names none.',
      allowed: 'the name of an image',
    },
    () => z.string().default(DEFAULT_JOB_POLICY.defaultImage),
  ),
  HODEI_MAX_OUTPUT_BYTES: setting(
    {
      audience: 'installation',
      meaning: "How much is kept of a job's output; the rest is counted and dropped.",
      allowed: 'a whole number of bytes, 0 or more',
    },
    (error) => whole(error, 0).default(DEFAULT_JOB_POLICY.maxOutputBytes),
  ),
  HODEI_MAX_CONCURRENT_JOBS: setting(
    {
      audience: 'installation',
      meaning: 'How many jobs one instance runs at once; those beyond wait for it or for another instance.',
      allowed: 'a whole number from 1 to 10000',
    },
    (error) => whole(error, 1, 10_000).default(DEFAULT_JOB_POLICY.maxConcurrentJobs),
  ),
  HODEI_LOG_LEVEL: setting(
    {
      audience: 'installation',
      meaning: 'How much is logged on stderr.',
      allowed: `one of ${LOG_LEVELS.join(', ')}`,
    },
    (error) => z.enum(LOG_LEVELS, { error }).default('warn'),
  ),
  HODEI_LISTEN: setting(
    {
      audience: 'service',
      meaning:
        'Where `hodei serve` answers [HTTP](http-api.md); elsewhere than on loopback only once there is a token (`hodei tokens create`).',
      allowed: 'HOST:PORT like 127.0.0.1:7433 or [::1]:7433, or "off"',
    },
    (error) =>
      z
        .string()
        .default('127.0.0.1:7433')
        .refine((text) => text === 'off' || parseListen(text) !== undefined, { error }),
  ),
  HODEI_DRAIN_TIMEOUT_MS: setting(
    {
      audience: 'service',
      meaning: 'How long `hodei serve` waits for its jobs when it is told to end; then other instances take them up.',
      allowed: 'a whole number of milliseconds from 0 to 86400000',
    },
    (error) => whole(error, 0, 86_400_000).default(30_000),
  ),
  HODEI_RETENTION_DAYS: setting(
    {
      audience: 'installation',
      meaning:
        'How long ended jobs are kept, with their output and history, before `hodei serve`, or a program that opens a control plane, deletes them. Commands without a server do so in a database of their own only.',
      allowed: 'a number of days, more than 0 and at most 36500',
    },
    (error) => z.coerce.number({ error }).positive({ error }).max(36_500, { error }).default(30),
  ),
});

/** The name of a variable of ours. */
export type SettingName = keyof (typeof ENVIRONMENT)['shape'];
