import {
  isTerminalJobState,
  TERMINAL_JOB_STATES,
  type EpochMs,
  type JobId,
  type LogRecord,
  type OutputStream,
} from '@hodei/domain';

import type { JobContext } from '../support/job-context.ts';

/** How much is read from the store at once where nothing else is said, in bytes. */
const READ_BYTES = 1024 * 1024;

/**
 * The stored output of a job, all attempts in order, from after `afterSeq`. With `follow` it goes on until
 * the job has ended and everything was given out; else it ends with what is there.
 *
 * The record of a gap `over_limit` that was given out before the job had ended comes again at the end, with the
 * final count.
 *
 * @throws HodeiError `not_found`; the signal's reason when it aborts.
 */
export async function* followOutput(
  context: Pick<JobContext, 'repositories' | 'hub'>,
  query: {
    readonly jobId: JobId;
    readonly afterSeq?: number;
    readonly stream?: OutputStream;
    readonly since?: EpochMs;
    readonly follow?: boolean;
    /** How much is read from the store, and held here, at once; a single record may be larger. By default 1 MiB. */
    readonly pageBytes?: number;
    readonly signal?: AbortSignal;
  },
): AsyncGenerator<LogRecord> {
  const { jobs, logs } = context.repositories;
  const { jobId, signal, stream, since } = query;
  let afterSeq = query.afterSeq ?? 0;
  const growing: LogRecord[] = [];
  const read = (): Promise<readonly LogRecord[]> =>
    logs.read({
      jobId,
      afterSeq,
      maxBytes: query.pageBytes ?? READ_BYTES,
      ...(stream === undefined ? {} : { stream }),
      ...(since === undefined ? {} : { since }),
    });
  using changes = context.hub.subscribe({ jobId, kinds: ['job', 'logs'], states: TERMINAL_JOB_STATES });
  // What is picked out of the output can't be told by its place in it.
  const isWhole = query.follow === true && stream === undefined && since === undefined;
  using live = isWhole ? context.hub.output.read(jobId) : undefined;
  for (;;) {
    await changes.next(signal);
    const handed = live?.take(afterSeq);
    for (const record of handed ?? []) {
      signal?.throwIfAborted();
      yield record;
      afterSeq = record.seq;
    }
    if (handed !== undefined) continue;
    // Together: whoever follows waits for the first byte. What a job wrote is stored before it is recorded as ended,
    // so where it has ended, only an empty page that was read after that is the end.
    const [job, first] = await Promise.all([jobs.get(jobId), read()]);
    let isSure = !isTerminalJobState(job.state);
    for (let records = first; ; records = await read()) {
      if (records.length === 0 && isSure) break;
      isSure = true;
      for (const record of records) {
        signal?.throwIfAborted();
        yield record;
        afterSeq = record.seq;
        if (record.gap?.reason === 'over_limit' && !isTerminalJobState(job.state)) growing.push(record);
      }
    }
    if (!query.follow) return;
    if (!isTerminalJobState(job.state)) continue;
    const gaps = growing.length === 0 ? [] : await logs.listGaps(jobId);
    yield* gaps.filter(({ seq }) => growing.some((record) => record.seq === seq));
    return;
  }
}
