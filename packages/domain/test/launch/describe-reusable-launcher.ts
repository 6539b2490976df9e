import { describe, expect, test } from 'vitest';
import { createOrderReader, encodeReusableOrder, type JobEnd, type LaunchOrder } from '../../src/index.ts';
import { orderFor, runWorker, type ShellUnderTest } from './shell-under-test.ts';

interface RanJob {
  readonly stdout: string;
  readonly stderr: string;
  readonly end: JobEnd | undefined;
}

/** The orders of one worker, one after the other, and the exit code of the worker. */
async function runOrders(
  shell: ShellUnderTest,
  jobs: readonly Partial<LaunchOrder>[],
): Promise<{ readonly jobs: readonly RanJob[]; readonly exitCode: number | null }> {
  const orders = jobs.map((job, index) => orderFor({ nonce: index.toString(16).padStart(32, '0'), ...job }));
  const run = await runWorker({ ...shell, isReusable: true }, orders.map(encodeReusableOrder).join(''));
  const ran = orders.map(({ nonce }) => {
    const [out, err] = [createOrderReader(nonce), createOrderReader(nonce)];
    const [stdout, stderr] = [out.push(run.stdout), err.push(run.stderr)];
    expect(err.end).toEqual(out.end);
    return {
      stdout: Buffer.from(stdout).toString('latin1'),
      stderr: Buffer.from(stderr).toString('latin1'),
      end: out.end,
    };
  });
  return { jobs: ran, exitCode: run.exitCode };
}

const sh = (script: string): Partial<LaunchOrder> => ({ argv: ['/bin/sh', '-c', script] });
const clean = (exitCode = 0): JobEnd => ({ exitCode, condition: 'clean' });

/**
 * What the launcher of reusable workers has to do in a real shell that has a process namespace to itself.
 * @param getShell the shell, once the tests run.
 */
export function describeReusableLauncher(name: string, getShell: () => ShellUnderTest): void {
  const run = (...jobs: readonly Partial<LaunchOrder>[]): ReturnType<typeof runOrders> => runOrders(getShell(), jobs);

  describe(`a reusable launcher in ${name}`, { timeout: 120_000 }, () => {
    test('says how each job ended, by itself or by a signal', async () => {
      const { jobs, exitCode } = await run(
        ...[0, 1, 125, 255].map((code) => sh(`exit ${code}`)),
        sh('kill -KILL $$'),
        sh('kill -TERM $$'),
        { argv: ['/no/such/program'] },
        { workdir: '/proc/no-such/dir' },
        sh('exit 3'),
      );
      expect(jobs.map(({ end }) => end)).toEqual([0, 1, 125, 255, 137, 143, 127, 125, 3].map(clean));
      expect(jobs.map(({ stdout, stderr }) => stdout + stderr).join('')).toBe('');
      expect(exitCode).toBe(125);
    });

    test('puts its word behind all output, whatever that ends with', async () => {
      const { jobs } = await run(
        sh('printf out; printf err >&2'),
        sh(String.raw`printf '\036hodei:\000\377\n\036'; printf '\036' >&2`),
        sh('seq 1 200000'),
        sh('echo out; echo err >&2'),
      );
      expect(jobs[0]).toMatchObject({ stdout: 'out', stderr: 'err' });
      expect(jobs[1]).toMatchObject({ stdout: '\u001ehodei:\0\u00ff\n\u001e', stderr: '\u001e' });
      expect(jobs[2]?.stdout.length).toBe(1_288_895);
      expect(jobs[3]).toMatchObject({ stdout: 'out\n', stderr: 'err\n', end: clean() });
    });

    test('ends all that a job leaves behind, and then hears nothing of it', async () => {
      const noise = 'while :; do echo noise; done';
      const { jobs } = await run(
        sh(`(${noise}) & (trap '' TERM HUP INT; ${noise}) & echo began; exit 4`),
        sh('setsid sleep 3600 & (sleep 3600 &); exit 5'),
        sh(`echo $(ls /proc | grep -c '^[0-9]')`),
        sh('echo quiet'),
      );
      expect(jobs.map(({ end }) => end)).toEqual([clean(4), clean(5), clean(), clean()]);
      expect(jobs[3]?.stdout).toBe('quiet\n');
    });

    test('keeps directory, variables, masks and files of a job from the next one', async () => {
      const look = sh('pwd; umask; echo "${A-no}"; ls /proc/self/fd | wc -l');
      const { jobs } = await run(
        look,
        { ...sh('umask 0; exec 9>/dev/null; cd /; sleep 0'), env: { A: 'yes' }, workdir: '/tmp' },
        look,
      );
      expect(jobs[2]).toEqual(jobs[0]);
      expect(jobs[0]?.stdout).toContain('no\n');
    });

    test('gives a job neither the next order nor anything else to read', async () => {
      const { jobs } = await run({ argv: ['cat'] }, sh('echo still there'));
      expect(jobs.map(({ stdout }) => stdout)).toEqual(['', 'still there\n']);
    });

    test('outlives a job that signals all of its group, and is over with it', async () => {
      const { jobs, exitCode } = await run(sh('trap "exit 6" TERM; kill 0; sleep 1'), sh('echo never'));
      expect(jobs[0]?.end).toEqual({ exitCode: 6, condition: 'stopped' });
      expect([jobs[1]?.end, exitCode]).toEqual([undefined, 6]);
    });
  });
}
