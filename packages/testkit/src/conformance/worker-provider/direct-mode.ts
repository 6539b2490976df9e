import { NO_OUTPUT, type DirectLaunch, type RunningJob, type WorkerHandle, type WorkerSpec } from '@hodei/domain';
import { describe, expect, test as plainTest } from 'vitest';
import { stored } from './bench.ts';
import { testWhereClaimed } from './claimed-test.ts';
import type { GetBench } from './get-bench.ts';
import { OutputReader, readAll } from './read-output.ts';

export function directMode(bench: GetBench): void {
  const test = testWhereClaimed(bench, ({ launchModes }) => launchModes.includes('direct'), 'direct launches');
  const start = async (
    direct: Partial<DirectLaunch> & Pick<DirectLaunch, 'argv'>,
    parts: Partial<WorkerSpec> = {},
  ): Promise<{ handle: WorkerHandle; running: RunningJob }> => {
    const handle = await bench().create({ direct: { env: {}, ...direct }, ...parts });
    return { handle, running: await bench().provider.launch(handle, bench().order(['ignored'])) };
  };

  describe('a direct launch', () => {
    plainTest('is refused where it is not claimed', async (context) => {
      const { capabilities, commands } = bench();
      if (capabilities.launchModes.includes('direct')) return context.skip('the provider claims direct launches');
      const spec = bench().spec({ direct: { argv: commands.exit(0), env: {} } });
      await expect(bench().provider.createWorker(spec)).rejects.toMatchObject({ code: 'unsupported' });
      expect(await bench().listed(spec.workerId)).toEqual([]);
    });

    test('runs the command of the spec, whatever the order says', async () => {
      const { running } = await start({ argv: bench().commands.printBoth('out', 'err', 7) });
      const { stdout, stderr } = await readAll(running.output);
      expect([stdout.toString(), stderr.toString()]).toEqual(['out', 'err']);
      expect((await running.waitForExit()).exitCode).toBe(7);
    });

    test('hands over variables', async () => {
      const { running } = await start({ argv: bench().commands.printEnv('GREETING'), env: { GREETING: `it's\n"me"` } });
      expect((await readAll(running.output)).stdout.toString()).toBe(`it's\n"me"`);
    });

    test('has its working directory', async () => {
      const { running } = await start({ argv: bench().commands.printWorkdir(), workdir: '/tmp' });
      expect((await readAll(running.output)).stdout.toString()).toBe('/tmp\n');
    });

    test('runs in an image without a shell', async (context) => {
      const { shellless } = bench().harness;
      if (shellless === undefined) return context.skip('the harness has no image without a shell');
      const { running } = await start({ argv: shellless.argv }, { image: shellless.image });
      expect((await readAll(running.output)).stdout.toString()).toBe(shellless.text);
      expect((await running.waitForExit()).exitCode).toBe(0);
    });

    test('says that the program is not there, and leaves nothing', async () => {
      const spec = bench().spec({ direct: { argv: bench().commands.nonexistent(), env: {} } });
      await expect(bench().provider.createWorker(spec)).rejects.toMatchObject({ code: 'command_not_found' });
      expect(await bench().listed(spec.workerId)).toEqual([]);
    });

    test('survives the death of its controller, and can be recovered', async (context) => {
      const { provider, commands, capabilities } = bench();
      if (!capabilities.recovery) return context.skip('the provider does not claim recovery');
      const { handle, running } = await start({ argv: commands.slowly(['one\n', 'two\n'], 300, 5) });
      await new OutputReader(running.output).until('one');
      await provider[Symbol.asyncDispose]();
      const other = await bench().connectAnother();
      const { nonce } = bench().order(['ignored']);
      const recovered = await other.recoverWorker(stored(handle), { nonce, from: NO_OUTPUT });
      expect((await readAll(recovered.output)).stdout.toString()).toBe('one\ntwo\n');
      expect((await recovered.waitForExit()).exitCode).toBe(5);
    });

    test('is stopped and destroyed like any other', async () => {
      const { provider, commands } = bench();
      const { handle, running } = await start({ argv: commands.ignoreTerm() });
      await new OutputReader(running.output).until('ready');
      await provider.stopWorker(handle, { gracePeriodMs: 200 });
      expect((await running.waitForExit()).exitCode).toBe(137);
      await provider.destroyWorker(handle, { gracePeriodMs: 0 });
      await expect(provider.getWorkerStatus(handle)).rejects.toMatchObject({ code: 'worker_not_found' });
    });
  });
}
