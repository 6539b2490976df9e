import { randomBytes } from 'node:crypto';
import { NEVER_LAUNCHED_EXIT_CODE } from '@hodei/domain';
import { describe, expect, test, vi } from 'vitest';
import { stored } from './bench.ts';
import type { GetBench } from './get-bench.ts';
import { announcements } from './announcements.ts';

const ODD_TEXT = `-n it's "odd": $(echo no) \`echo no\` \\ \\n $HOME *\n\tünï\u{1f600}\u0001\u007f `;

export function launch(bench: GetBench): void {
  describe('launch', () => {
    test('runs the job, and the launch marker is in no output', async () => {
      const { commands } = bench();
      const { stdout, stderr, exit } = await bench().run(commands.printBoth('out', 'err', 7));
      expect({ stdout, stderr, exitCode: exit.exitCode }).toEqual({ stdout: 'out', stderr: 'err', exitCode: 7 });
    });

    test('works with a handle that came from a database', async () => {
      const { provider, commands } = bench();
      const handle = stored(await bench().create());
      const running = await provider.launch(handle, bench().order(commands.exit(4)));
      expect((await running.waitForExit()).exitCode).toBe(4);
    });

    test('hands over arguments as they are', async () => {
      expect((await bench().run(bench().commands.print('stdout', ODD_TEXT))).stdout).toBe(ODD_TEXT);
    });

    test('hands over variables as they are', async () => {
      const { stdout } = await bench().run(bench().commands.printEnv('HODEI_TEST'), { env: { HODEI_TEST: ODD_TEXT } });
      expect(stdout).toBe(ODD_TEXT);
    });

    test('hands over secrets to the job and to nothing else', async () => {
      const { commands, provider, harness } = bench();
      const secret = `s3cret-${randomBytes(16).toString('hex')}`;
      const job = await bench().start(commands.printEnv('TOKEN'), { secrets: { TOKEN: secret } });
      await job.output.done;
      expect(job.output.text('stdout')).toBe(secret);
      expect(JSON.stringify([job.handle, await bench().listed(job.handle.workerId)])).not.toContain(secret);
      expect(JSON.stringify(await provider.getWorkerStatus(job.handle))).not.toContain(secret);
      if (harness.inspectText !== undefined) expect(await harness.inspectText(job.handle)).not.toContain(secret);
    });

    test('runs the job in its working directory, which it makes where it is missing', async () => {
      const { scratchDir = '/tmp' } = bench().harness;
      const workdir = `${scratchDir}/hodei-${randomBytes(8).toString('hex')}/it's here`;
      const { stdout } = await bench().run(bench().commands.printWorkdir(), { workdir });
      expect(stdout).toBe(`${workdir}\n`);
    });

    test('hands over stdin byte for byte, and then its end', async () => {
      const stdin = randomBytes(1_000_000);
      const job = await bench().start(bench().commands.readStdin(), { stdin });
      await job.output.done;
      expect(job.output.bytes('stdout').equals(stdin)).toBe(true);
      expect((await job.running.waitForExit()).exitCode).toBe(0);
    });

    test('closes stdin at once where the job has none', async () => {
      const { stdout, exit } = await bench().run(bench().commands.readStdin());
      expect({ stdout, exitCode: exit.exitCode }).toEqual({ stdout: '', exitCode: 0 });
    });

    test('runs a job that does not read its stdin', async () => {
      const { exit } = await bench().run(bench().commands.exit(6), { stdin: randomBytes(1_000_000) });
      expect(exit.exitCode).toBe(6);
    });

    test('says that the program is not there', async () => {
      const { provider, commands } = bench();
      const order = bench().order(commands.nonexistent());
      await expect(provider.launch(await bench().create(), order)).rejects.toMatchObject({ code: 'command_not_found' });
    });

    test('refuses what no process can be given', async () => {
      const { provider, commands } = bench();
      const order = bench().order(commands.print('stdout', 'a\0b'));
      await expect(provider.launch(await bench().create(), order)).rejects.toMatchObject({ code: 'invalid_input' });
    });

    test('gives a worker one order only', async () => {
      const { provider, commands } = bench();
      const { handle } = await bench().start(commands.waitForever());
      const again = provider.launch(handle, bench().order(commands.exit(0)));
      await expect(again).rejects.toMatchObject({ code: 'worker_not_ready' });
    });

    test('says whether the worker waits for an order here', async () => {
      const { provider, commands } = bench();
      const handle = await bench().create();
      const other = await bench().connectAnother();
      expect([provider.isWaiting(stored(handle)), other.isWaiting(handle)]).toEqual([true, false]);
      const running = await provider.launch(handle, bench().order(commands.waitForever()));
      expect(provider.isWaiting(handle)).toBe(false);
      running.detach();
      const ended = await bench().create();
      await provider.stopWorker(ended, { gracePeriodMs: 0 });
      // That the connection ended is not asked for, but seen.
      await vi.waitFor(() => expect(provider.isWaiting(ended)).toBe(false), { timeout: 5000 });
    });

    announcements(bench);

    test('needs the connection that this provider object holds', async () => {
      const { provider, commands } = bench();
      const handle = await bench().create();
      const other = await bench().connectAnother();
      await expect(other.launch(handle, bench().order(commands.exit(0)))).rejects.toMatchObject({
        code: 'worker_not_ready',
      });
      const running = await provider.launch(handle, bench().order(commands.exit(5)));
      expect((await running.waitForExit()).exitCode).toBe(5);
    });

    test('says that the worker is gone', async () => {
      const { provider, commands } = bench();
      const handle = await bench().create();
      await provider.destroyWorker(handle, { gracePeriodMs: 0 });
      const gone = provider.launch(handle, bench().order(commands.exit(0)));
      await expect(gone).rejects.toMatchObject({ code: 'worker_not_found' });
    });

    test('says that a worker which ended without an order was never launched', async () => {
      const { provider, commands } = bench();
      const handle = await bench().create();
      await provider.stopWorker(handle, { gracePeriodMs: 0 });
      const late = provider.launch(handle, bench().order(commands.exit(0)));
      await expect(late).rejects.toMatchObject({ code: 'never_launched' });
    });
  });

  describe('the death of the controller', () => {
    test('ends an idle worker, and it is known that it was never launched', async () => {
      const { provider, commands } = bench();
      const handle = await bench().create();
      await provider[Symbol.asyncDispose]();
      const other = await bench().connectAnother();
      await bench().untilTerminated(handle, other);
      expect((await other.getWorkerStatus(handle)).exit?.exitCode).toBe(NEVER_LAUNCHED_EXIT_CODE);
      const late = other.launch(handle, bench().order(commands.exit(0)));
      await expect(late).rejects.toMatchObject({ code: 'never_launched' });
    });

    test('leaves a busy worker alone', async () => {
      const { provider, commands } = bench();
      const { handle, output } = await bench().start(commands.waitForever());
      await output.until('ready');
      await provider[Symbol.asyncDispose]();
      const other = await bench().connectAnother();
      expect((await other.getWorkerStatus(handle)).state).toMatch(/^(ready|busy)$/);
    });
  });
}
