import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseJobId, type JobId } from '../../packages/domain/src/index.ts';
import type { ChaosOptions } from './options.ts';

/** What the submitting process has done so far. */
export interface Submission {
  readonly ids: ReadonlyMap<number, JobId>;
  /** Resolves when all is submitted and asked for. */
  readonly done: Promise<void>;
}

/** Starts the process that submits the jobs, over so much time. */
export const submitJobs = (
  { seed, jobs }: Pick<ChaosOptions, 'seed' | 'jobs'>,
  spanMs: number,
  env: NodeJS.ProcessEnv,
): Submission => {
  const ids = new Map<number, JobId>();
  const program = join(import.meta.dirname, 'submitter.ts');
  const options = ['--conditions=@hodei/source', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...options, program, String(seed), String(jobs), String(spanMs)], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface(child.stdout).on('line', (line) => {
    const [what, index, id = ''] = line.split(' ');
    if (what === 'submitted') ids.set(Number(index), parseJobId(id));
  });
  const finish = async (): Promise<void> => {
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`the process that submits jobs ended with ${code}`);
  };
  return { ids, done: finish() };
};
