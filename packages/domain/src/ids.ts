import { HodeiError } from './errors.ts';

declare const idKind: unique symbol;
type Id<Kind extends string> = string & { readonly [idKind]: Kind };

/** A request to run one command in one image. */
export type JobId = Id<'job'>;
/** One try of a job on one worker. */
export type AttemptId = Id<'attempt'>;
/** One ephemeral place to run a job. */
export type WorkerId = Id<'worker'>;
/** A configured source of workers. */
export type ProviderId = Id<'provider'>;
/** All instances that share one database. It is in every label. */
export type InstallationId = Id<'installation'>;

/** The kinds of id, as the noun of their error messages. */
export type IdKind = 'job' | 'attempt' | 'worker' | 'provider' | 'installation';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function parse(kind: IdKind, text: string): string {
  const lower = text.toLowerCase();
  if (UUID.test(lower)) return lower;
  const example = '01890a5d-ac96-774b-bcce-b302099a8057';
  throw new HodeiError('invalid_input', `"${text.slice(0, 80)}" is not a ${kind} id; one looks like ${example}`, {
    details: { field: `${kind}Id` },
  });
}

/** @throws HodeiError `invalid_input` unless the text is a UUID. Upper case is folded. */
export const parseJobId = (text: string): JobId => parse('job', text) as JobId;
/** @throws HodeiError `invalid_input` unless the text is a UUID. Upper case is folded. */
export const parseAttemptId = (text: string): AttemptId => parse('attempt', text) as AttemptId;
/** @throws HodeiError `invalid_input` unless the text is a UUID. Upper case is folded. */
export const parseWorkerId = (text: string): WorkerId => parse('worker', text) as WorkerId;
/** @throws HodeiError `invalid_input` unless the text is a UUID. Upper case is folded. */
export const parseProviderId = (text: string): ProviderId => parse('provider', text) as ProviderId;
/** @throws HodeiError `invalid_input` unless the text is a UUID. Upper case is folded. */
export const parseInstallationId = (text: string): InstallationId => parse('installation', text) as InstallationId;

/**
 * Makes ids. They are UUIDs of version 7 (RFC 9562): they sort by the time they were made, which keeps
 * indexes dense and makes the id a cursor.
 */
export interface IdGenerator {
  /** A new UUID, never given out before. */
  uuid(): string;
  /** 32 random lower-case hex digits that nobody can guess. */
  nonce(): string;
}
