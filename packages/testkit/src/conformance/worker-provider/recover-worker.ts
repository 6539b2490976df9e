import { NO_OUTPUT, type OutputOffsets, type RunningJob, type WorkerHandle } from '@hodei/domain';
import { describe, expect, test as plainTest } from 'vitest';
import { stored, type StartedJob } from './bench.ts';
import { testWhereClaimed } from './claimed-test.ts';
import type { GetBench } from './get-bench.ts';
import { OutputReader, readAll } from './read-output.ts';

const LINES = ['one\n', 'two\n', 'three\n', 'four\n'];

export function recoverWorker(bench: GetBench): void {
  const test = testWhereClaimed(bench, ({ recovery }) => recovery, 'recovery');
  /** The process that launched the job dies; another one takes it up. */
  const takeOver = async (
    { handle, order }: Pick<StartedJob, 'handle' | 'order'>,
    from: OutputOffsets,
  ): Promise<RunningJob> => {
    await bench().provider[Symbol.asyncDispose]();
    const other = await bench().connectAnother();
    return await other.recoverWorker(stored(handle), { nonce: order.nonce, from });
  };
  const recover = (handle: WorkerHandle, nonce: string): Promise<RunningJob> =>
    bench().provider.recoverWorker(handle, { nonce, from: NO_OUTPUT });

  describe('recoverWorker', () => {
    plainTest('is refused where it is not claimed', async (context) => {
      const { capabilities, commands } = bench();
      if (capabilities.recovery) return context.skip('the provider claims to recover');
      const { handle, order } = await bench().start(commands.waitForever());
      await expect(recover(handle, order.nonce)).rejects.toMatchObject({ code: 'unsupported' });
    });

    test('goes on where another process was when it died: nothing is lost, nothing comes twice', async () => {
      const job = await bench().start(bench().commands.slowly(LINES, 300, 5));
      await job.output.until('one\n');
      const { offsets } = job.output;
      const before = job.output.bytes('stdout').subarray(0, offsets.stdout);
      const running = await takeOver(job, offsets);
      const after = await readAll(running.output, offsets);
      expect(Buffer.concat([before, after.stdout]).toString()).toBe(LINES.join(''));
      expect((await running.waitForExit()).exitCode).toBe(5);
    });

    test('brings the output from the beginning, without the launch marker', async () => {
      const job = await bench().start(bench().commands.slowly(LINES, 100, 6));
      await job.output.until('one\n');
      const running = await takeOver(job, NO_OUTPUT);
      const { stdout, stderr } = await readAll(running.output);
      expect([stdout.toString(), stderr.toString()]).toEqual([LINES.join(''), '']);
      expect((await running.waitForExit()).exitCode).toBe(6);
    });

    test('works for a worker that has ended', async () => {
      const job = await bench().run(bench().commands.printBoth('out', 'err', 8));
      const running = await takeOver(job, { stdout: 1, stderr: 2 });
      const { stdout, stderr } = await readAll(running.output, { stdout: 1, stderr: 2 });
      expect([stdout.toString(), stderr.toString()]).toEqual(['ut', 'r']);
      expect((await running.waitForExit()).exitCode).toBe(8);
    });

    test('finds its place in the middle of much output', async () => {
      const text = '0123456789abcdef\n';
      const job = await bench().run(bench().commands.repeat(text, 3_000_000));
      const from = { stdout: 1_000_003, stderr: 0 };
      const running = await takeOver(job, from);
      const { stdout } = await readAll(running.output, from);
      expect(stdout.equals(Buffer.alloc(3_000_000, text).subarray(from.stdout))).toBe(true);
    });

    test('has nothing more to bring where all was read', async () => {
      const job = await bench().run(bench().commands.printBoth('out', 'err', 0));
      const running = await takeOver(job, job.output.offsets);
      const { stdout, stderr } = await readAll(running.output, job.output.offsets);
      expect([stdout.length, stderr.length]).toEqual([0, 0]);
      expect((await running.waitForExit()).exitCode).toBe(0);
    });

    test('takes up a job again that this process let go of', async () => {
      const job = await bench().start(bench().commands.noticeTerm());
      await job.output.until('ready');
      job.running.detach();
      const running = await recover(job.handle, job.order.nonce);
      const output = new OutputReader(running.output);
      await output.until('ready');
      await bench().provider.stopWorker(job.handle, { gracePeriodMs: 60_000 });
      await output.done;
      expect(output.text('stdout')).toBe('ready\nnoticed\n');
      expect((await running.waitForExit()).exitCode).toBe(3);
    });

    test('knows a job that exits with 125 from one that was never launched', async () => {
      const job = await bench().run(bench().commands.exit(125));
      const running = await takeOver(job, NO_OUTPUT);
      expect((await running.waitForExit()).exitCode).toBe(125);
    });

    test('says never launched where no order came', async () => {
      const handle = await bench().create();
      const order = bench().order(bench().commands.exit(0));
      await expect(takeOver({ handle, order }, NO_OUTPUT)).rejects.toMatchObject({ code: 'never_launched' });
    });

    test('says never launched for the nonce of another attempt', async () => {
      const { handle } = await bench().run(bench().commands.print('stdout', 'text'));
      const { nonce } = bench().order(bench().commands.exit(0));
      await expect(recover(handle, nonce)).rejects.toMatchObject({ code: 'never_launched' });
    });

    test('says that the worker is gone', async () => {
      const { handle, order } = await bench().run(bench().commands.exit(0));
      await bench().provider.destroyWorker(handle, { gracePeriodMs: 0 });
      await expect(recover(handle, order.nonce)).rejects.toMatchObject({ code: 'worker_not_found' });
    });
  });
}
