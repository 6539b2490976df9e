import { HodeiError, parseWorkerId, type Epoch, type IdGenerator, type Job, type WorkerId } from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';
import { persist } from '../support/persist.ts';
import { hashSecret } from '../tokens/token-text.ts';

/** The variable in which a job that reports by itself finds its token. */
export const WORKER_TOKEN = 'HODEI_WORKER_TOKEN';

const TEXT = /^hodeiw_([0-9a-f-]{36})_([0-9]{1,15})_([0-9a-f]{64})$/;

/** What a worker's token says: who may report, under which owner, and with which secret. */
export interface WorkerTokenParts {
  readonly workerId: WorkerId;
  readonly epoch: Epoch;
  readonly secret: string;
}

export const workerTokenText = ({ workerId, epoch, secret }: WorkerTokenParts): string =>
  `hodeiw_${workerId}_${epoch}_${secret}`;

/** @throws HodeiError `unauthenticated` for a text that is no token of a worker. */
export function parseWorkerToken(text: string): WorkerTokenParts {
  const [, id, epoch, secret] = TEXT.exec(text) ?? [];
  if (id === undefined || secret === undefined)
    throw new HodeiError('unauthenticated', `this is no token of a worker; one is in ${WORKER_TOKEN}`);
  return { workerId: parseWorkerId(id), epoch: Number(epoch), secret };
}

export const newWorkerSecret = (ids: IdGenerator): string => ids.nonce() + ids.nonce();

/** What is stored of a secret. */
export const hashWorkerSecret = async (secret: string): Promise<string> =>
  [...(await hashSecret(secret))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/**
 * Makes a worker of this instance a token to report with. It is told once, here; only its hash is stored. The one
 * before it, if any, is worth nothing any more.
 * @throws HodeiError `stale_epoch`; `conflict` where the worker is being destroyed; `not_found`
 */
export async function issueWorkerToken(
  context: Pick<JobContext, 'repositories' | 'ids' | 'clock' | 'diagnostics' | 'instance'>,
  workerId: WorkerId,
): Promise<string> {
  const { epoch } = context.instance;
  const secret = newWorkerSecret(context.ids);
  const hash = await hashWorkerSecret(secret);
  const write = async (): Promise<true> => {
    await context.repositories.workers.setToken({ workerId, epoch, hash });
    return true;
  };
  // Doing it twice does no harm.
  await persist(context, write, () => Promise.resolve(undefined));
  return workerTokenText({ workerId, epoch, secret });
}

/** The secrets of a job, with its worker's token where it asked for one. */
export async function withWorkerToken(
  context: JobContext,
  { spec }: Job,
  workerId: WorkerId,
  secrets: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  if (spec.selfReport !== true) return secrets;
  return { ...secrets, [WORKER_TOKEN]: await issueWorkerToken(context, workerId) };
}
