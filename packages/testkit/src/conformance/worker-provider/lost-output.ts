import { NO_OUTPUT, type OutputOffsets, type WorkerProvider } from '@hodei/domain';
import { describe, expect, test as plainTest } from 'vitest';
import { stored } from './bench.ts';
import type { GetBench } from './get-bench.ts';
import { OutputReader } from './read-output.ts';

const COUNT = 100_000;
/** Four times and more what a forgetful engine keeps. */
const ALL = Buffer.from(
  Array.from({ length: COUNT }, (_, index) => `line ${String(index + 1).padStart(6, '0')}\n`).join(''),
);

/** An engine that has lost the beginning of what it kept: nothing of that may be closed up. */
export function lostOutput(bench: GetBench): void {
  describe('output that the engine has lost', () => {
    const test = (name: string, run: (forgetful: WorkerProvider) => Promise<void>): void =>
      plainTest(name, async (context) => {
        const { harness, commands } = bench();
        if (harness.createForgetful === undefined || commands.count === undefined)
          return context.skip('the engine loses nothing');
        await run(await bench().connect(() => harness.createForgetful?.() ?? harness.createProvider()));
      });
    /** A job that has written all, while nobody looked. */
    const written = async (provider: WorkerProvider) => {
      const handle = await provider.createWorker(bench().spec());
      const order = bench().order(bench().commands.count?.(COUNT) ?? []);
      const running = await provider.launch(handle, order);
      running.detach();
      await bench().untilTerminated(handle, provider);
      const recover = async (from: OutputOffsets, before?: Buffer) => {
        const tails = before === undefined ? {} : { before: { stdout: before, stderr: new Uint8Array(0) } };
        const again = await provider.recoverWorker(stored(handle), { nonce: order.nonce, from, ...tails });
        const output = new OutputReader(again.output, from);
        await output.done;
        return { output, exit: await again.waitForExit() };
      };
      return { handle, recover };
    };

    test('is a gap where it is taken up again, and all that is kept comes after it', async (provider) => {
      const { output, exit } = await (await written(provider)).recover(NO_OUTPUT);
      const bytes = output.bytes('stdout');
      expect(bytes.length).toBeGreaterThan(0);
      expect(bytes.length).toBeLessThan(ALL.length);
      expect(ALL.subarray(ALL.length - bytes.length).equals(bytes)).toBe(true);
      const gaps = output.gaps.filter(({ stream }) => stream === 'stdout');
      expect(gaps).toMatchObject([{ offset: 0, reason: 'log_lost' }]);
      expect([undefined, ALL.length - bytes.length]).toContain(gaps[0]?.lostBytes);
      expect(exit.exitCode).toBe(0);
    });

    test('is a gap in the logs', async (provider) => {
      const { handle } = await written(provider);
      const output = new OutputReader(provider.readLogs(handle, { stream: 'stdout' }));
      await output.done;
      expect(output.gaps).toMatchObject([{ stream: 'stdout', offset: 0, reason: 'log_lost' }]);
      expect(ALL.subarray(-output.bytes('stdout').length).equals(output.bytes('stdout'))).toBe(true);
    });

    test('is none where all of it was read before: what follows is found by what came before', async (provider) => {
      const job = await written(provider);
      const from = { stdout: ALL.length - 60_005, stderr: 0 };
      const before = Buffer.from(ALL.subarray(from.stdout - 1024, from.stdout));
      before.fill('*', 500, 520); // as where a secret was
      const { output } = await job.recover(from, before);
      expect(output.gaps.filter(({ stream }) => stream === 'stdout')).toEqual([]);
      expect(output.bytes('stdout').equals(ALL.subarray(from.stdout))).toBe(true);
    });

    test('is a gap where what was read before is lost as well', async (provider) => {
      const job = await written(provider);
      const from = { stdout: 120_000, stderr: 0 };
      const { output } = await job.recover(from, ALL.subarray(from.stdout - 1024, from.stdout));
      expect(output.gaps).toContainEqual(expect.objectContaining({ stream: 'stdout', offset: 120_000 }));
      const bytes = output.bytes('stdout');
      expect(ALL.subarray(ALL.length - bytes.length).equals(bytes)).toBe(true);
    });
  });
}
