import { copyFile, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isTerminalJobState, type HistoryEvent, type JobId, type LogRecord } from '../../packages/domain/src/index.ts';
import { listManaged } from '../test-support/list-resources.ts';
import { openChaosInstallation, type ChaosInstallation } from './installation.ts';
import { InstanceProcess } from './instance-process.ts';
import type { ChaosOptions } from './options.ts';
import { storm, type StormReport } from './storm.ts';
import { submitJobs } from './submit-jobs.ts';
import { findTakeovers, type Takeover } from './takeovers.ts';
import { type JobVerdict, verifyJob } from './verify-job.ts';
import { type ChaosJob, makeWorkload } from './workload.ts';

/** Once the storm is over, some job has to end within this time, until all have: how many a minute is the machine's. */
const SETTLE_MS = 60_000;
/** How long workers may take to be gone once all jobs have ended: two looks of a reconciler, and some. */
const CLEAN_MS = 30_000;
/** Jobs come during this part of the storm. */
const SUBMIT_SHARE = 0.8;

/** What a chaos run found. */
export interface ChaosReport {
  readonly options: ChaosOptions;
  readonly verdicts: readonly { readonly job: ChaosJob; readonly verdict: JobVerdict }[];
  readonly storm: StormReport;
  readonly takeovers: readonly Takeover[];
  readonly settledAfterMs: number;
  readonly leaks: Readonly<Record<'container' | 'network' | 'volume', number>>;
  readonly violations: readonly string[];
}

/** Real jobs on a real engine and a real database, while parts are killed and paused; then what became of them. */
export const runChaos = async (
  options: ChaosOptions,
  say: (words: string) => void = () => undefined,
): Promise<ChaosReport> => {
  await using stack = new AsyncDisposableStack();
  const installation = stack.use(await openChaosInstallation(options.liveRestore));
  const { store, env, folder } = installation;
  const instances = ['one', 'two'].map((name) => new InstanceProcess(name, env, folder));
  stack.defer(async () => {
    for (const instance of instances) await instance.send('SIGKILL');
  });
  for (const instance of instances) {
    if (!(await instance.start())) throw new Error(`instance ${instance.name} does not start; see ${folder}`);
  }
  const workload = makeWorkload(options.seed, options.jobs);
  const submission = submitJobs(options, options.seconds * 1000 * SUBMIT_SHARE, env);
  submission.done.catch(() => undefined);
  const indexes = (): ReadonlyMap<JobId, number> => new Map([...submission.ids].map(([index, id]) => [id, index]));
  const mayBeKilled = (jobId: JobId): boolean => workload[indexes().get(jobId) ?? -1]?.mayBeKilled === true;
  const weather = await storm(options, { installation, instances, mayBeKilled, say });
  await submission.done;

  const stormEnd = performance.now();
  const violations: string[] = [];
  const allEnded = await allEnd(installation, [...submission.ids.values()]);
  const settledAfterMs = performance.now() - stormEnd;
  if (!allEnded) violations.push(`after the storm no job ended for ${SETTLE_MS / 1000} s, and not all had`);
  const verdicts = [];
  for (const job of workload) {
    const id = submission.ids.get(job.index);
    if (id === undefined) {
      violations.push(`job ${job.index} was not submitted`);
      continue;
    }
    const found = {
      job: await store.repositories.jobs.get(id),
      attempts: await store.repositories.attempts.listByJob(id),
      logs: await readLogs(installation, id),
      kills: weather.killed.get(id) ?? 0,
    };
    verdicts.push({ job, verdict: verifyJob(job, found) });
  }
  const leaks = await findLeaks(installation, violations);
  const takeovers = findTakeovers(weather.deaths, await readHistory(installation), weather.outages);
  const all = [...violations, ...verdicts.flatMap(({ verdict }) => verdict.violations)];
  if (all.length > 0) all.push(`what the instances said is in ${await keepLogs(folder)}`);
  return {
    options,
    verdicts,
    storm: weather,
    takeovers,
    settledAfterMs,
    leaks,
    violations: all,
  };
};

/** Puts what the instances said where it stays. @returns the folder. */
const keepLogs = async (folder: string): Promise<string> => {
  const kept = await mkdtemp(join(tmpdir(), 'hodei-chaos-logs-'));
  const logs = (await readdir(folder)).filter((name) => name.endsWith('.log'));
  for (const name of logs) await copyFile(join(folder, name), join(kept, name));
  return kept;
};

/** Resolves to whether all jobs ended; it gives up where none does for a while. */
const allEnd = async ({ store }: ChaosInstallation, ids: readonly JobId[]): Promise<boolean> => {
  let most = 0;
  for (;;) {
    const moreEnded = await waitFor(SETTLE_MS, async () => {
      const jobs = await Promise.all(ids.map((id) => store.repositories.jobs.get(id)));
      const ended = jobs.filter(({ state }) => isTerminalJobState(state)).length;
      const more = ended > most || ended === ids.length;
      most = Math.max(most, ended);
      return more;
    });
    if (!moreEnded || most === ids.length) return moreEnded;
  }
};

const findLeaks = async ({ engine, store }: ChaosInstallation, violations: string[]): Promise<ChaosReport['leaks']> => {
  const left = async (): Promise<Awaited<ReturnType<typeof listManaged>>> => listManaged(engine.endpoint);
  await waitFor(
    CLEAN_MS,
    async () => (await left()).length === 0 && (await store.repositories.workers.countLive()).size === 0,
  );
  const live = await store.repositories.workers.countLive();
  if (live.size > 0) violations.push(`rows say that workers live: ${JSON.stringify([...live])}`);
  const remains = await left();
  for (const { kind, name } of remains) violations.push(`leaked: ${kind} ${name}`);
  const count = (wanted: string): number => remains.filter(({ kind }) => kind === wanted).length;
  return { container: count('container'), network: count('network'), volume: count('volume') };
};

const readLogs = async ({ store }: ChaosInstallation, jobId: JobId): Promise<readonly LogRecord[]> => {
  const all: LogRecord[] = [];
  for (;;) {
    const records = await store.repositories.logs.read({ jobId, afterSeq: all.at(-1)?.seq ?? 0, maxBytes: 2 ** 22 });
    if (records.length === 0) return all;
    all.push(...records);
  }
};

const readHistory = async ({ store }: ChaosInstallation): Promise<readonly HistoryEvent[]> => {
  const all: HistoryEvent[] = [];
  for (;;) {
    const events = await store.repositories.history.list({ afterSeq: all.at(-1)?.seq ?? 0, limit: 1000 });
    if (events.length === 0) return all;
    all.push(...events);
  }
};

const waitFor = async (timeoutMs: number, holds: () => Promise<boolean>): Promise<boolean> => {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (await holds().catch(() => false)) return true;
    if (performance.now() > deadline) return false;
    await delay(250);
  }
};
