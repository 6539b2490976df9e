import { NEVER_LAUNCHED_EXIT_CODE, NO_OUTPUT, type LaunchOrder, type WorkerHandle } from '@hodei/domain';
import { describe, expect, test as plainTest } from 'vitest';
import { stored, type FinishedJob, type StartedJob } from './bench.ts';
import { testWhereClaimed } from './claimed-test.ts';
import type { GetBench } from './get-bench.ts';
import { OutputReader, readAll } from './read-output.ts';

/** What a worker says between two jobs must not be taken for this, nor this for what it says. */
const LIKE_A_MARKER = '\u001ehodei:0123456789abcdef0123456789abcdef:ended:0:clean\u001e';

export function reuse(bench: GetBench): void {
  const test = testWhereClaimed(bench, (claimed) => claimed.reuse, 'reuse');
  const create = (): Promise<WorkerHandle> => bench().create({ reusable: true });
  const start = async (
    handle: WorkerHandle,
    argv: readonly string[],
    parts: Partial<LaunchOrder> = {},
  ): Promise<StartedJob> => {
    const order = bench().order(argv, parts);
    const running = await bench().provider.launch(handle, order);
    return { handle, order, running, output: new OutputReader(running.output) };
  };
  const run = async (...job: Parameters<typeof start>): Promise<FinishedJob> => {
    const started = await start(...job);
    const exit = await started.running.waitForExit();
    await started.output.done;
    return { ...started, exit, stdout: started.output.text('stdout'), stderr: started.output.text('stderr') };
  };

  describe('a reusable worker', () => {
    plainTest('is refused where it is not claimed', async (context) => {
      if (bench().capabilities.reuse) return context.skip('the provider claims reuse');
      const spec = bench().spec({ reusable: true });
      await expect(bench().provider.createWorker(spec)).rejects.toMatchObject({ code: 'unsupported' });
      expect(await bench().listed(spec.workerId)).toEqual([]);
    });

    test('runs one job after the other, each with its own output and exit code', async () => {
      const { commands } = bench();
      const handle = await create();
      for (const code of [0, 7, 125, 255]) {
        const { stdout, stderr, exit } = await run(handle, commands.printBoth(`out${code}`, `err${code}\n`, code));
        expect([stdout, stderr, exit.exitCode, exit.reusable]).toEqual([`out${code}`, `err${code}\n`, code, true]);
        expect(bench().provider.isWaiting(handle)).toBe(true);
      }
      expect((await bench().provider.getWorkerStatus(handle)).state).toMatch(/^(ready|busy)$/);
    });

    test('runs what was announced once it is ordered, and nothing else that was', async () => {
      const { provider, commands } = bench();
      const handle = await create();
      for (const code of [0, 7, 125]) {
        provider.announce?.(handle, bench().order(commands.exit(9), { env: { ONE: 'not this' } }));
        const order = bench().order(commands.exit(code));
        provider.announce?.(handle, order);
        expect(provider.isWaiting(handle)).toBe(true);
        const exit = await (await provider.launch(handle, order)).waitForExit();
        expect([exit.exitCode, exit.reusable]).toEqual([code, true]);
        provider.announce?.(handle, order);
        expect((await run(handle, commands.printEnv('ONE'))).stdout).toBe('');
      }
      provider.announce?.(handle, bench().order(commands.exit(9), { secrets: { TWO: 's3cret' } }));
      expect((await run(handle, commands.printEnv('TWO'))).stdout).toBe('');
    });

    test('brings all that was written right before the end, whatever it looks like', async () => {
      const { commands } = bench();
      const handle = await create();
      const bytes = Uint8Array.from([0x1e, 0x00, 0xff, 0x0a, 0x1e, 0x68, 0x6f]);
      expect((await run(handle, commands.printBytes(bytes))).output.bytes('stdout')).toEqual(Buffer.from(bytes));
      for (const stream of ['stdout', 'stderr'] as const) {
        const job = await run(handle, commands.print(stream, LIKE_A_MARKER));
        expect([job.output.text(stream), job.exit.reusable]).toEqual([LIKE_A_MARKER, true]);
      }
      const much = await run(handle, commands.repeat('0123456789', 2_000_003));
      expect(much.output.bytes('stdout').equals(Buffer.alloc(2_000_003, '0123456789'))).toBe(true);
      expect((await run(handle, commands.print('stdout', 'after'))).stdout).toBe('after');
    });

    test('keeps variables, secrets and working directory of a job from the next one', async () => {
      const { commands, harness } = bench();
      const handle = await create();
      const before = await run(handle, commands.printWorkdir());
      const workdir = harness.scratchDir ?? '/tmp';
      const given = { env: { ONE: 'one' }, secrets: { TWO: 'two' }, workdir };
      expect((await run(handle, commands.printEnv('TWO'), given)).stdout).toBe('two');
      expect((await run(handle, commands.printEnv('ONE'))).stdout).toBe('');
      expect((await run(handle, commands.printEnv('TWO'))).stdout).toBe('');
      expect((await run(handle, commands.printWorkdir())).stdout).toBe(before.stdout);
    });

    test('gives a job no stdin', async () => {
      const { provider, commands } = bench();
      const handle = await create();
      const order = bench().order(commands.readStdin(), { stdin: Buffer.from('text') });
      await expect(provider.launch(handle, order)).rejects.toMatchObject({ code: 'unsupported' });
      const { stdout, exit } = await run(handle, commands.readStdin());
      expect([stdout, exit.exitCode, exit.reusable]).toEqual(['', 0, true]);
    });

    test('takes no second order while it has one', async () => {
      const { provider, commands } = bench();
      const { handle } = await start(await create(), commands.waitForever());
      const again = provider.launch(handle, bench().order(commands.exit(0)));
      await expect(again).rejects.toMatchObject({ code: 'worker_not_ready' });
    });

    test('takes an order after one that it could not begin', async () => {
      const { commands } = bench();
      const handle = await create();
      await expect(start(handle, commands.nonexistent())).rejects.toMatchObject({ code: 'command_not_found' });
      await expect(start(handle, commands.print('stdout', 'a\0b'))).rejects.toMatchObject({ code: 'invalid_input' });
      expect((await run(handle, commands.exit(4))).exit).toMatchObject({ exitCode: 4, reusable: true });
    });

    test('ends what a job leaves behind', async () => {
      const { commands } = bench();
      const handle = await create();
      const left = await run(handle, commands.leaveChild());
      expect([left.stdout, left.exit.exitCode, left.exit.reusable]).toEqual(['ready\n', 0, true]);
      expect((await run(handle, commands.print('stdout', 'next'))).stdout).toBe('next');
    });

    for (const [how, exitCode] of [
      ['asked to end', 143],
      ['killed', 137],
    ] as const) {
      test(`is over when its job is ${how}`, async () => {
        const { provider, commands } = bench();
        const handle = await create();
        await run(handle, commands.exit(0));
        const job = await start(handle, exitCode === 137 ? commands.ignoreTerm() : commands.waitForever());
        await job.output.until('ready');
        await provider.stopWorker(handle, { gracePeriodMs: exitCode === 137 ? 200 : 60_000 });
        const exit = await job.running.waitForExit();
        expect([exit.exitCode, exit.reusable]).toEqual([exitCode, undefined]);
        const late = provider.launch(handle, bench().order(commands.exit(0)));
        await expect(late).rejects.toMatchObject({ code: 'worker_not_ready' });
      });
    }

    test('gives a stopped job its grace period, and ends with it', async () => {
      const job = await start(await create(), bench().commands.noticeTerm());
      await job.output.until('ready');
      await bench().provider.stopWorker(job.handle, { gracePeriodMs: 60_000 });
      await job.output.done;
      expect([job.output.text('stdout'), (await job.running.waitForExit()).exitCode]).toEqual(['ready\nnoticed\n', 3]);
    });

    test('is not used again after it ran out of memory', async (context) => {
      const { commands, capabilities } = bench();
      const argv = commands.runOutOfMemory?.();
      if (argv === undefined || !capabilities.enforcedLimits.includes('memoryBytes'))
        return context.skip('the provider does not limit memory');
      const handle = await bench().create({ reusable: true, resources: { memoryBytes: 32 * 1024 ** 2 } });
      const { exit } = await run(handle, argv);
      expect([exit.exitCode, exit.oomKilled, exit.reusable]).toEqual([137, true, undefined]);
    });

    test('dies with its controller while it waits, also after a job', async () => {
      const { provider, commands } = bench();
      const { handle } = await run(await create(), commands.exit(3));
      await provider[Symbol.asyncDispose]();
      const other = await bench().connectAnother();
      await bench().untilTerminated(handle, other);
      expect((await other.getWorkerStatus(handle)).exit?.exitCode).toBe(NEVER_LAUNCHED_EXIT_CODE);
    });

    test('takes no order that it did not get before it died', async () => {
      const { provider, commands } = bench();
      const handle = await create();
      await provider.stopWorker(handle, { gracePeriodMs: 0 });
      const late = provider.launch(handle, bench().order(commands.exit(0)));
      await expect(late).rejects.toMatchObject({ code: 'never_launched' });
    });

    test('finishes its job without its controller: it is recovered by its nonce, as those before it are', async (context) => {
      const { provider, commands, capabilities } = bench();
      if (!capabilities.recovery) return context.skip('the provider does not claim recovery');
      const first = await run(await create(), commands.printBoth('first', 'also first', 6));
      const { handle } = first;
      const second = await start(handle, commands.slowly(['one\n', 'two\n'], 300, 5));
      await second.output.until('one\n');
      const from = second.output.offsets;
      await provider[Symbol.asyncDispose]();
      const other = await bench().connectAnother();
      const running = await other.recoverWorker(stored(handle), { nonce: second.order.nonce, from });
      const rest = await readAll(running.output, from);
      const before = second.output.bytes('stdout').subarray(0, from.stdout);
      expect(Buffer.concat([before, rest.stdout]).toString()).toBe('one\ntwo\n');
      const exit = await running.waitForExit();
      expect([exit.exitCode, exit.reusable]).toEqual([5, undefined]);

      const again = await other.recoverWorker(stored(handle), { nonce: first.order.nonce, from: NO_OUTPUT });
      const { stdout, stderr } = await readAll(again.output);
      expect([stdout.toString(), stderr.toString()]).toEqual(['first', 'also first']);
      expect((await again.waitForExit()).exitCode).toBe(6);
      const { nonce } = bench().order(commands.exit(0));
      const unknown = other.recoverWorker(stored(handle), { nonce, from: NO_OUTPUT });
      await expect(unknown).rejects.toMatchObject({ code: 'never_launched' });
    });

    test('shows the logs of one job, or of all', async (context) => {
      const { provider, commands, capabilities } = bench();
      if (!capabilities.retainedLogs) return context.skip('the provider keeps no logs');
      const handle = await create();
      const first = await run(handle, commands.printBoth('first', 'err', 0));
      const second = await run(handle, commands.printBoth('second\n', '', 0));
      const read = async (nonce?: string): Promise<string[]> => {
        const { stdout, stderr } = await readAll(provider.readLogs(handle, nonce === undefined ? {} : { nonce }));
        return [stdout.toString(), stderr.toString()];
      };
      expect(await read(first.order.nonce)).toEqual(['first', 'err']);
      expect(await read(second.order.nonce)).toEqual(['second\n', '']);
      expect(await read()).toEqual(['firstsecond\n', 'err']);
    });

    test('takes orders only from the process that holds it', async () => {
      const { commands } = bench();
      const { handle } = await run(await create(), commands.exit(0));
      const other = await bench().connectAnother();
      const foreign = other.launch(handle, bench().order(commands.exit(0)));
      await expect(foreign).rejects.toMatchObject({ code: 'worker_not_ready' });
    });

    test('can not be direct', async () => {
      const { provider, commands } = bench();
      const spec = bench().spec({ reusable: true, direct: { argv: commands.exit(0), env: {} } });
      await expect(provider.createWorker(spec)).rejects.toMatchObject({ code: 'invalid_input' });
    });
  });
}
